"""The lake for Athena: a Glue database with a table per kind of file, a workgroup with limits, and the named queries.

No function uses it. Whoever asks needs rights of their own: on the workgroup, on these tables, on the lake bucket and
on its key (docs/decisions/0071-athena.md).
"""

import json
from pathlib import Path
from typing import Final

from aws_cdk import Aws, Duration
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.athena.tables import DATABASE, TABLES, LakeTable
from infra.build import QUERIES_FILE
from infra.catalog_types import pascal

WORKGROUP: Final = "leadspine"
RESULTS: Final = "athena-results/"
RESULT_DAYS: Final = 7
SCANNED_BYTES: Final = 10 * 1024**3
"""A query that reads more is stopped: 5 cents at 5 dollars a terabyte."""

_PARQUET: Final = "org.apache.hadoop.hive.ql.io.parquet."
_LISTED: Final = (
    "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
)
_FILES: Final = (f"{_PARQUET}MapredParquetInputFormat", f"{_PARQUET}MapredParquetOutputFormat")


class LakeQueries(Construct):
    """Tables over the lake bucket, and the published definitions as named queries."""

    def __init__(self, scope: Construct, construct_id: str, *, lake: s3.Bucket, key: kms.Key, staged: Path) -> None:
        super().__init__(scope, construct_id)
        self._lake = lake
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=Aws.ACCOUNT_ID,
            database_input=glue.CfnDatabase.DatabaseInputProperty(name=DATABASE, description="The lake of Leadspine"),
        )
        for table in TABLES:
            self._table(table, database.ref)
        lake.add_lifecycle_rule(prefix=RESULTS, expiration=Duration.days(RESULT_DAYS))
        workgroup = self._workgroup(key)
        for query in json.loads((staged / QUERIES_FILE).read_text(encoding="utf-8")):
            athena.CfnNamedQuery(
                self,
                f"{pascal(query['name'])}Query",
                name=query["name"],
                description=query["purpose"],
                database=database.ref,
                query_string=query["text"],
                work_group=workgroup.ref,
            )

    def _table(self, table: LakeTable, database: str) -> None:
        reads, writes = _LISTED if table.linked else _FILES
        glue.CfnTable(
            self,
            f"{pascal(table.name)}Table",
            catalog_id=Aws.ACCOUNT_ID,
            database_name=database,
            table_input=glue.CfnTable.TableInputProperty(
                name=table.name,
                description=table.purpose,
                table_type="EXTERNAL_TABLE",
                parameters={"EXTERNAL": "TRUE", "classification": "parquet"},
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    location=f"s3://{self._lake.bucket_name}/{table.prefix}",
                    input_format=reads,
                    output_format=writes,
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        serialization_library=f"{_PARQUET}serde.ParquetHiveSerDe",
                        parameters={"serialization.format": "1"},
                    ),
                    columns=[
                        glue.CfnTable.ColumnProperty(name=name, type=kind, comment=comment or None)
                        for name, kind, comment in table.columns
                    ],
                ),
            ),
        )

    def _workgroup(self, key: kms.Key) -> athena.CfnWorkGroup:
        """Nobody can write results elsewhere, in the clear, or read more than is meant."""
        return athena.CfnWorkGroup(
            self,
            "Workgroup",
            name=WORKGROUP,
            description="Questions to the lake of Leadspine",
            recursive_delete_option=True,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=SCANNED_BYTES,
                engine_version=athena.CfnWorkGroup.EngineVersionProperty(
                    selected_engine_version="Athena engine version 3"
                ),
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=f"s3://{self._lake.bucket_name}/{RESULTS}",
                    encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                        encryption_option="SSE_KMS", kms_key=key.key_arn
                    ),
                ),
            ),
        )
