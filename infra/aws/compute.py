"""The functions: one role, one log group, one asset each, a layer per group, and whatever triggers them."""

from pathlib import Path
from typing import Final

from aws_cdk import Aws, Duration, RemovalPolicy, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from infra.aws.permissions import Arns, statements_of, via_service
from infra.catalog import DEAD_LETTER_QUEUES_VARIABLE, INSTALLATION_VARIABLE, LOG_RETENTION_DAYS, METRICS_NAMESPACE
from infra.catalog_types import Catalog, Function, QueueTrigger, Schedule, StreamTrigger, pascal

ASYNC_RETRIES: Final = 2
ASYNC_AGE_S: Final = 3600
RUNTIME: Final = lambda_.Runtime.PYTHON_3_13


class Compute(Construct):
    """Functions of the catalog with their roles, layers and triggers."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        catalog: Catalog,
        arns: Arns,
        names: dict[str, str],
        queues_told: dict[str, str],
        staged: Path,
        layer_hashes: dict[str, str],
    ) -> None:
        super().__init__(scope, construct_id)
        self._catalog, self._arns, self._names, self._staged = catalog, arns, names, staged
        self._queues_told = queues_told
        self._layers = {group: self._layer(group, digest) for group, digest in sorted(layer_hashes.items())}
        self.log_groups: dict[str, logs.CfnLogGroup] = {}
        self.functions = {function.name: self._function(function) for function in catalog.functions}
        for function in catalog.functions:
            self._trigger(function)
        for schedule in catalog.schedules:
            self._schedule(schedule)

    def _layer(self, group: str, digest: str) -> lambda_.LayerVersion:
        # The hash is that of what goes in (uv.lock), not of what comes out, so that the laptop, which has an empty
        # folder here, deploys the same template. See docs/decisions/0020-assets-follow-imports.md.
        return lambda_.LayerVersion(
            self,
            f"{pascal(group)}Layer",
            description=f"Leadspine: locked dependencies, {group}",
            code=lambda_.Code.from_asset(str(self._staged / "layers" / group), asset_hash=digest),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[lambda_.Architecture.ARM_64],
        )

    def _function(self, function: Function) -> lambda_.Function:
        name = pascal(function.name)
        log_group = logs.CfnLogGroup(
            self, f"{name}Logs", retention_in_days=LOG_RETENTION_DAYS, kms_key_id=self._arns.storage_key
        )
        log_group.apply_removal_policy(RemovalPolicy.DESTROY)
        self.log_groups[function.name] = log_group
        statements = statements_of(function, self._catalog, self._arns, log_group=log_group.attr_arn)
        role = iam.Role(
            self,
            f"{name}Role",
            description=f"Leadspine {function.name}: {function.purpose}",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={"Grants": iam.PolicyDocument(statements=statements)},
        )
        return lambda_.Function(
            self,
            name,
            description=function.purpose,
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            handler=function.handler,
            code=lambda_.Code.from_asset(str(self._staged / "functions" / function.name)),
            layers=[self._layers[group] for group in dict.fromkeys(("core", function.group))],
            memory_size=function.memory_mb,
            ephemeral_storage_size=Size.mebibytes(function.storage_mb),
            timeout=Duration.seconds(function.timeout_s),
            environment=self._environment(function),
            role=iam.Role.without_policy_updates(role),
            log_group=logs.LogGroup.from_log_group_name(self, f"{name}LogsRef", log_group.ref),
            reserved_concurrent_executions=function.reserved_concurrency,
        )

    def _environment(self, function: Function) -> dict[str, str]:
        told = {variable: self._names[variable] for variable in self._catalog.variables_of(function)}
        if function.name == self._catalog.drain:
            told[DEAD_LETTER_QUEUES_VARIABLE] = self._queues_told[DEAD_LETTER_QUEUES_VARIABLE]
        if function.watches:
            told[INSTALLATION_VARIABLE] = self._queues_told[INSTALLATION_VARIABLE]
        common = {
            "POWERTOOLS_SERVICE_NAME": function.name,
            "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
            "POWERTOOLS_LOG_LEVEL": "INFO",
        }
        return {**common, **told, **dict(function.environment)}

    def _trigger(self, function: Function) -> None:
        for trigger in self._catalog.triggers_of(function):
            if isinstance(trigger, QueueTrigger):
                self._queue_trigger(function, trigger)
            else:
                self._stream_trigger(function, trigger)

    def _queue_trigger(self, function: Function, trigger: QueueTrigger) -> None:
        scaling = lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=trigger.max_concurrency)
        lambda_.CfnEventSourceMapping(
            self,
            f"{pascal(function.name)}From{pascal(trigger.queue)}",
            function_name=self.functions[function.name].function_name,
            event_source_arn=self._arns.resources[trigger.queue],
            batch_size=trigger.batch_size,
            maximum_batching_window_in_seconds=trigger.window_s,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=scaling if trigger.max_concurrency else None,
        )

    def _stream_trigger(self, function: Function, trigger: StreamTrigger) -> None:
        pattern = f'{{"eventName":["INSERT"],"dynamodb":{{"Keys":{{"pk":{{"S":[{{"prefix":"{trigger.prefix}"}}]}}}}}}}}'
        mapping = lambda_.CfnEventSourceMapping
        mapping(
            self,
            f"{pascal(function.name)}From{pascal(trigger.table)}",
            function_name=self.functions[function.name].function_name,
            event_source_arn=self._arns.streams[trigger.table],
            starting_position="TRIM_HORIZON",
            batch_size=trigger.batch_size,
            maximum_batching_window_in_seconds=trigger.window_s,
            function_response_types=["ReportBatchItemFailures"],
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=trigger.retries,
            filter_criteria=mapping.FilterCriteriaProperty(filters=[mapping.FilterProperty(pattern=pattern)]),
            destination_config=mapping.DestinationConfigProperty(
                on_failure=mapping.OnFailureProperty(destination=self._arns.resources[trigger.dlq])
            ),
        )

    def _schedule(self, schedule: Schedule) -> None:
        function, dlq = self.functions[schedule.function], self._arns.resources[schedule.dlq]
        config = lambda_.CfnEventInvokeConfig
        config(
            self,
            f"{pascal(schedule.function)}Async",
            function_name=function.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=ASYNC_RETRIES,
            maximum_event_age_in_seconds=ASYNC_AGE_S,
            destination_config=config.DestinationConfigProperty(on_failure=config.OnFailureProperty(destination=dlq)),
        )
        target = scheduler.CfnSchedule
        target(
            self,
            f"{pascal(schedule.name)}Schedule",
            description=f"Leadspine: runs {schedule.function}",
            schedule_expression=schedule.rate,
            flexible_time_window=target.FlexibleTimeWindowProperty(mode="OFF"),
            target=target.TargetProperty(
                arn=function.function_arn,
                role_arn=self._schedule_role(schedule, function.function_arn, dlq).role_arn,
                dead_letter_config=target.DeadLetterConfigProperty(arn=dlq),
                retry_policy=target.RetryPolicyProperty(
                    maximum_retry_attempts=ASYNC_RETRIES, maximum_event_age_in_seconds=ASYNC_AGE_S
                ),
            ),
        )

    def _schedule_role(self, schedule: Schedule, function_arn: str, dlq: str) -> iam.Role:
        statements = [
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function_arn]),
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[dlq]),
            iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=[self._arns.storage_key],
                conditions={"StringEquals": via_service("sqs")},
            ),
        ]
        return iam.Role(
            self,
            f"{pascal(schedule.name)}ScheduleRole",
            description=f"Leadspine: starts {schedule.function}",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
            inline_policies={"Start": iam.PolicyDocument(statements=statements)},
        )
