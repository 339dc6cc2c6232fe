"""Where state lives: keys, tables, buckets, secrets. All encrypted and recoverable; kept when the stack goes."""

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.aws.permissions import Arns
from infra.catalog_types import Bucket, Catalog, Secret, Table, pascal

LOGS_ARN = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:*"
ACCESS_LOGS_DAYS = 30


class Storage(Construct):
    """Keys, tables, buckets and secrets of the catalog. ``names`` maps each variable to a physical name or ARN."""

    def __init__(self, scope: Construct, construct_id: str, *, catalog: Catalog, arns: Arns) -> None:
        super().__init__(scope, construct_id)
        self.names: dict[str, str] = {}
        self._arns = arns
        self.keys = {key.name: self._key(key.name, key.purpose) for key in catalog.keys}
        self.storage_key = self.keys["storage"]
        arns.storage_key = self.storage_key.key_arn
        self._allow_services()
        for key in catalog.keys:
            arns.resources[key.name] = self.keys[key.name].key_arn
            if key.variable:
                self.names[key.variable] = self.keys[key.name].key_arn
        self.tables = {table.name: self._table(table) for table in catalog.tables}
        access_logs = self._access_logs()
        self.buckets = {bucket.name: self._bucket(bucket, access_logs) for bucket in catalog.buckets}
        for secret in catalog.secrets:
            self._secret(secret)

    def _key(self, name: str, purpose: str) -> kms.Key:
        return kms.Key(
            self,
            f"{pascal(name)}Key",
            description=f"Leadspine: {purpose}",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN,
        )

    def _allow_services(self) -> None:
        # Services that act on their own behalf, not on that of a role: logs encrypt, the bus and alarms hand over.
        here = {"aws:SourceAccount": Aws.ACCOUNT_ID}
        self.storage_key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Logs",
                principals=[iam.ServicePrincipal(f"logs.{Aws.REGION}.amazonaws.com")],
                actions=["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
                resources=["*"],
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": LOGS_ARN}},
            )
        )
        self.storage_key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="BusAndAlarms",
                principals=[
                    iam.ServicePrincipal("events.amazonaws.com"),
                    iam.ServicePrincipal("cloudwatch.amazonaws.com"),
                ],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions={"StringEquals": here},
            )
        )

    def _table(self, table: Table) -> dynamodb.Table:
        made = dynamodb.Table(
            self,
            f"{pascal(table.name)}Table",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self.storage_key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True, recovery_period_in_days=table.recovery_days
            ),
            stream=dynamodb.StreamViewType.NEW_IMAGE if table.stream else None,
            time_to_live_attribute=table.ttl_attribute,
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        self._arns.resources[table.name] = made.table_arn
        if made.table_stream_arn:
            self._arns.streams[table.name] = made.table_stream_arn
        self.names[table.variable] = made.table_name
        return made

    def _access_logs(self) -> s3.Bucket:
        # S3 delivers access logs only to buckets with its own key.
        return s3.Bucket(
            self,
            "AccessLogs",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(ACCESS_LOGS_DAYS))],
            removal_policy=RemovalPolicy.RETAIN,
        )

    def _bucket(self, bucket: Bucket, access_logs: s3.Bucket) -> s3.Bucket:
        # Not versioned: an old version would outlive an erasure.
        rules = [s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(1))]
        if bucket.expire_days:
            rules.append(s3.LifecycleRule(expiration=Duration.days(bucket.expire_days)))
        made = s3.Bucket(
            self,
            f"{pascal(bucket.name.removesuffix('-bucket'))}Bucket",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.storage_key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            lifecycle_rules=rules,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=f"{bucket.name}/",
            removal_policy=RemovalPolicy.RETAIN,
        )
        self._arns.resources[bucket.name] = made.bucket_arn
        self.names[bucket.variable] = made.bucket_name
        return made

    def _secret(self, secret: Secret) -> None:
        # An update of the stack leaves the value alone: CloudFormation writes it only when these properties change.
        generate = secretsmanager.CfnSecret.GenerateSecretStringProperty(password_length=64, exclude_punctuation=True)
        made = secretsmanager.CfnSecret(
            self,
            f"{pascal(secret.name)}Secret",
            description=f"Leadspine: {secret.purpose}",
            kms_key_id=self.storage_key.key_arn,
            secret_string=secret.initial,
            generate_secret_string=None if secret.initial else generate,
        )
        made.apply_removal_policy(RemovalPolicy.RETAIN)
        self._arns.resources[secret.name] = made.ref
        self.names[secret.variable] = made.ref
