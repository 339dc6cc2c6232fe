"""The API with its collaborators. DuckDB and the phone library are loaded by the first question that needs them."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from shared.adapters.dynamodb.lead_store import DynamoLeadStore
from shared.adapters.dynamodb.messages import DynamoMessages
from shared.adapters.dynamodb.parked_records import DynamoParkedRecords
from shared.adapters.dynamodb.segments import DynamoSegments
from shared.adapters.dynamodb.sync_store import DynamoSyncStore
from shared.adapters.dynamodb.table import Table
from shared.adapters.dynamodb.transaction import Tables
from shared.adapters.s3.lake import S3Objects
from shared.adapters.secrets.identity_key import IdentityKey, secret_bytes
from shared.adapters.sqs.out_queue import SqsOutQueue
from shared.adapters.sqs.queue_depths import SqsQueueDepths
from shared.adapters.sqs.queues import SqsQueues
from shared.app.cursors import Cursors
from shared.app.import_costs import CostImporter
from shared.app.keep_segments import SegmentKeeper
from shared.app.list_handovers import HandoverLister
from shared.app.money_reports import MoneyReports
from shared.app.move_clock import ClockDesk
from shared.app.open_figures import FigureOpener
from shared.app.owner_names import OwnerNames
from shared.app.plan_records import Planning
from shared.app.read_companies import CompanyReader
from shared.app.read_costs import CostLister
from shared.app.read_leads import LeadReader
from shared.app.read_messages import MessageReader
from shared.app.read_parked import ParkedDesk
from shared.app.read_queues import QueueDesk
from shared.app.read_reports import ReportReader
from shared.app.read_running_costs import RunningCosts
from shared.app.read_sync import SyncDesk
from shared.app.search_leads import LeadSearcher
from shared.app.unmerge_lead import unmerge_lead
from shared.domain.lead.rules import compile_rules
from shared.domain.sync.model import MARKETO, SALESFORCE
from shared.policies.compiled import load_compiled
from shared.ports.costs import CostStore
from shared.ports.lake import LeadInsights
from shared.runtime.api_routes import ApiServices, routes
from shared.runtime.clients import client
from shared.runtime.clock import RandomIds, SystemClock, cloud_clock
from shared.runtime.observability import logger
from shared.runtime.operations_routes import Operations
from shared.runtime.routing import Router


class Settings(Protocol):
    """What the function has to know."""

    @property
    def leads_table_name(self) -> str:
        """Heads, pointers, history."""

    @property
    def ledger_table_name(self) -> str:
        """Consent events."""

    @property
    def ops_table_name(self) -> str:
        """Parked records."""

    @property
    def lake_bucket_name(self) -> str:
        """Facts and the state table."""

    @property
    def sync_table_name(self) -> str:
        """Links, positions, verdicts."""

    @property
    def signals_queue_url(self) -> str:
        """For re-driving."""

    @property
    def lake_queue_url(self) -> str:
        """For re-driving."""

    @property
    def engagement_table_name(self) -> str:
        """Messages."""

    @property
    def remote_changes_queue_url(self) -> str:
        """For re-driving."""

    @property
    def salesforce_out_queue_url(self) -> str:
        """For re-driving, and for wishes."""

    @property
    def marketo_out_queue_url(self) -> str:
        """For re-driving, and for wishes."""

    @property
    def messages_queue_url(self) -> str:
        """For re-driving."""

    @property
    def mail_events_queue_url(self) -> str:
        """For re-driving."""

    @property
    def identity_secret_arn(self) -> str:
        """Key of identifier digests, and of cursors."""

    @property
    def installation(self) -> str:
        """JSON of ``queues`` (physical name → catalog name) and ``paid_monthly`` (name of a price → count)."""

    @property
    def policies_file(self) -> str:
        """Compiled policies in the asset."""


def router(settings: Settings) -> Router:
    """The API on AWS."""
    return Router(routes(services(settings)), lambda code, told: logger.info(code, extra=dict(told)))


def services(settings: Settings) -> ApiServices:
    """What the routes call."""
    clock = SystemClock()
    secret = secret_bytes(client("secretsmanager"), settings.identity_secret_arn, clock)
    policies = load_compiled(Path(settings.policies_file))
    rules = compile_rules(policies.scoring, policies.lifecycle, policies.version)
    # Nothing is sealed here, so the table of data keys is neither named nor granted.
    tables = Tables(settings.leads_table_name, settings.ledger_table_name, "")
    store = DynamoLeadStore(client("dynamodb"), tables, identity=IdentityKey(secret), clock=clock)
    cursors = Cursors(secret)
    leads = LeadReader(store=store, rules=rules, clock=clock, cursors=cursors)
    sync = DynamoSyncStore(Table(client("dynamodb"), settings.sync_table_name))

    @cache
    def insights() -> LeadInsights:
        from shared.adapters.duckdb.insights import ParquetInsights

        return ParquetInsights(S3Objects(client("s3"), settings.lake_bucket_name))

    @cache
    def costs() -> CostStore:
        from shared.adapters.duckdb.costs import ParquetCosts

        return ParquetCosts(S3Objects(client("s3"), settings.lake_bucket_name))

    def reports() -> ReportReader:
        return ReportReader(insights=insights(), clock=clock)

    @cache
    def money() -> MoneyReports:
        return MoneyReports(insights=insights(), costs=costs(), policy=policies.money, clock=clock)

    search = LeadSearcher(
        store=store, reader=leads, insights=insights, email=email_key, phone=phone_key, cursors=cursors
    )
    return ApiServices(
        leads=leads,
        search=search,
        segments=SegmentKeeper(
            store=DynamoSegments(Table(client("dynamodb"), settings.ops_table_name)),
            size=search.size,
            clock=clock,
            ids=RandomIds(),
        ),
        companies=CompanyReader(leads=leads, insights=insights, money=money, cursors=cursors),
        handovers=HandoverLister(reader=leads, insights=insights, cursors=cursors),
        messages=MessageReader(
            store=store, messages=DynamoMessages(Table(client("dynamodb"), settings.engagement_table_name))
        ),
        reports=reports,
        money=money,
        figures=lambda: FigureOpener(reader=money(), cursors=cursors),
        cost_importer=CostImporter(store=costs, policy=policies.money, clock=clock),
        cost_lister=CostLister(store=costs, policy=policies.money, cursors=cursors),
        operations=operations(settings, clock, cursors, reports),
        owners=OwnerNames(sync=sync, clock=clock),
        unmerge=lambda root, member: unmerge_lead(root, member, store=store, rules=rules, clock=clock),
        sync=SyncDesk(
            leads=leads,
            planning=Planning(store=store, sync=sync, rules=rules, policy=policies.sync, clock=clock),
            # Wishes of people are never urgent: opt-outs and hand-overs are, and those are facts.
            out=SqsOutQueue(
                client("sqs"),
                {
                    (SALESFORCE, False): settings.salesforce_out_queue_url,
                    (MARKETO, False): settings.marketo_out_queue_url,
                },
            ),
            insights=insights,
            cursors=cursors,
        ),
        clock=clock,
        policy_version=policies.version,
    )


def operations(
    settings: Settings, clock: SystemClock, cursors: Cursors, reports: Callable[[], ReportReader]
) -> Operations:
    """What operators can see and do."""
    installation = json.loads(settings.installation)
    names = installation.get("queues", {})
    return Operations(
        parked=ParkedDesk(
            records=DynamoParkedRecords(Table(client("dynamodb"), settings.ops_table_name)),
            queues=SqsQueues(client("sqs"), queue_urls(settings)),
            clock=clock,
            cursors=cursors,
        ),
        queues=QueueDesk(depths=SqsQueueDepths(client("sqs"), names, beside=settings.signals_queue_url)),
        costs=RunningCosts(reports=reports, paid_monthly=installation.get("paid_monthly", {})),
        clock=ClockDesk(clock=clock, cloud=cloud_clock()),
    )


def queue_urls(settings: Settings) -> dict[str, str]:
    """The queues that parked messages can be sent to again, by their catalog names."""
    return {
        "signals": settings.signals_queue_url,
        "lake": settings.lake_queue_url,
        "remote-changes": settings.remote_changes_queue_url,
        "salesforce-out": settings.salesforce_out_queue_url,
        "marketo-out": settings.marketo_out_queue_url,
        "messages": settings.messages_queue_url,
        "mail-events": settings.mail_events_queue_url,
    }


def email_key(text: str) -> str | None:
    """An e-mail address as pointers know it."""
    address = _contact_points().read_address(text)
    return address.key if address else None


def phone_key(text: str) -> str | None:
    """A phone number as pointers know it; without a plus it is read as international."""
    number = _contact_points().read_number(text, None, numeric=True)
    return number.e164 if number else None


@cache
def _contact_points() -> Any:
    from shared.app import contact_points

    return contact_points
