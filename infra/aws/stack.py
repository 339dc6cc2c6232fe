"""The one stack, in the order in which its parts need each other."""

from pathlib import Path

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Stack
from constructs import Construct

from infra.aws.alarms import Alarms
from infra.aws.athena import LakeQueries
from infra.aws.compute import Compute
from infra.aws.dashboards import API, DYNAMODB, LAMBDA, OWN, SQS, Dashboards
from infra.aws.doors import Doors, Users
from infra.aws.mail import MailDelivery
from infra.aws.messaging import Messaging
from infra.aws.permissions import Arns
from infra.aws.storage import Storage
from infra.catalog import METRICS_SERVICE, PUBLIC_URL
from infra.catalog_types import Catalog


class LeadspineStack(Stack):
    """Everything of the catalog, bound to no account and no region."""

    def __init__(
        self, scope: Construct, construct_id: str, *, catalog: Catalog, staged: Path, layer_hashes: dict[str, str]
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            description="Leadspine: the lead-lifecycle engine",
            # The deploying tool checks the bootstrap version itself; the rule would need an SSM parameter everywhere.
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
        )
        arns = Arns()
        self.storage = Storage(self, "Storage", catalog=catalog, arns=arns)
        self.messaging = Messaging(self, "Messaging", catalog=catalog, key=self.storage.storage_key, arns=arns)
        self.mail = MailDelivery(self, "Mail", catalog=catalog, queues=self.messaging.queues, arns=arns)
        self.users = Users(self, "Users", catalog=catalog)
        names = {**self.storage.names, **self.messaging.names, **self.mail.names, **self.users.names}
        self.compute = Compute(
            self,
            "Compute",
            catalog=catalog,
            arns=arns,
            names=names,
            queues_told=self.messaging.told(),
            staged=staged,
            layer_hashes=layer_hashes,
        )
        self.doors = Doors(
            self, "Doors", catalog=catalog, functions=self.compute.functions, key=self.storage.storage_key.key_arn
        )
        # Links in mails and the login pages lead to the API, which is made after the functions; nothing else of it is
        # known to any of them.
        for name in (catalog.gateway, catalog.console):
            self.compute.functions[name].add_environment(PUBLIC_URL, self.doors.url)
        self.users.lead_back_to(self.doors.url)
        observed = self._observed()
        Alarms(self, "Alarms", catalog=catalog, names=observed, topic=self.messaging.topic.topic_arn)
        Dashboards(self, "Dashboards", names=observed)
        lake = self.storage.buckets["lake-bucket"]
        LakeQueries(self, "Lake", lake=lake, key=self.storage.storage_key, staged=staged)
        self._outputs(catalog, names)

    def _observed(self) -> dict[tuple[str, str], str]:
        functions = {(LAMBDA, name): made.function_name for name, made in self.compute.functions.items()}
        tables = {(DYNAMODB, name): made.table_name for name, made in self.storage.tables.items()}
        queues = {(SQS, name): made.queue_name for name, made in self.messaging.queues.items()}
        rest = {
            (API, "api"): self.doors.api.ref,
            (OWN, METRICS_SERVICE): METRICS_SERVICE,
        }
        return {**functions, **tables, **queues, **rest}

    def _outputs(self, catalog: Catalog, names: dict[str, str]) -> None:
        for variable, key in catalog.output_names().items():
            CfnOutput(self, key, value=names[variable])
        for queue in catalog.dead_letter_queues():
            made = self.messaging.queues[queue.name]
            CfnOutput(self, queue.output, value=made.queue_url)
        CfnOutput(self, "ApiUrl", value=self.doors.url)
        CfnOutput(self, "ApiId", value=self.doors.api.ref)
        CfnOutput(self, "AlarmTopicArn", value=self.messaging.topic.topic_arn)
