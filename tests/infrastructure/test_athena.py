"""Athena counts what the reports count: every named query is resolved, run and compared, without an account."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from sqlglot import exp, parse_one
from sqlglot.errors import OptimizeError

from infra.athena import tables
from infra.athena.queries import GROUPINGS, TOUCH_GROUPINGS, NamedQuery, named_queries
from infra.athena.tables import TABLES, LakeTable
from infra.athena.translate import data_type, to_athena
from infra.aws.athena import RESULTS, SCANNED_BYTES
from shared.adapters.duckdb.links import PERSONS_FILES, TOUCHES_FILES
from shared.adapters.memory.clock import MemoryClock
from shared.app.money_reports import MoneyReports
from shared.app.read_reports import cohort_of
from shared.contracts.api import ReportQuery
from shared.domain.insights.groups import NONE
from shared.domain.insights.metrics import LINE, SIDE, days, share
from shared.domain.money.amounts import plain
from shared.policies.loader import RULES, load_directory
from tests.infrastructure.athena_lake import AthenaLake, generated, resolved
from tests.infrastructure.template import Template, target
from tests.unit.insights.facts_of import day

POLICY = load_directory(RULES).money
QUERIES = {query.name: query for query in named_queries(POLICY)}
EACH = pytest.mark.parametrize("query", QUERIES.values(), ids=lambda query: query.name)
PERIODS = (("2026-01-01", "2026-12-31"), ("2026-01-15", "2026-02-20"), ("2031-01-01", "2031-01-01"))
IN = pytest.mark.parametrize("period", PERIODS, ids=("year", "weeks", "nothing"))
NOW = day(100)

FUNCTIONS = frozenset({
    "ABS", "APPROX_PERCENTILE", "ARRAY_AGG", "CARDINALITY", "COALESCE", "COUNT", "DATE_ADD", "DATE_DIFF", "DATE_FORMAT",
    "GREATEST", "MAX", "MAX_BY", "MIN", "NULLIF", "REGEXP_LIKE", "ROUND", "ROW", "ROW_NUMBER", "SUBSTR",
    "SUM", "TO_UNIXTIME",
})  # fmt: skip
"""Functions of Trino that the queries may use: https://trino.io/docs/current/functions/list.html."""
SYNTAX = frozenset({"CAST", "DECIMAL", "FILTER", "TIMESTAMP", "TRY_CAST", "UNNEST"})
"""Words before a parenthesis that call nothing."""
RESERVED = """
ALTER AND AS BETWEEN BY CASE CAST CONSTRAINT CREATE CROSS CUBE CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER
DEALLOCATE DELETE DESCRIBE DISTINCT DROP ELSE END ESCAPE EXCEPT EXECUTE EXISTS EXTRACT FALSE FIRST FOR FROM FULL GROUP
GROUPING HAVING IN INNER INSERT INTERSECT INTO IS JOIN LAST LEFT LIKE LISTAGG LOCALTIME LOCALTIMESTAMP NATURAL NORMALIZE
NOT NULL ON OR ORDER OUTER PREPARE RECURSIVE RIGHT ROLLUP SELECT SKIP TABLE THEN TRIM TRUE UESCAPE UNION UNNEST USING
VALUES WHEN WHERE WITH
"""
"""https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html: as names they would need quotes."""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> AthenaLake:
    return generated(tmp_path_factory.mktemp("lake"))


def asked(lake: AthenaLake, name: str, period: tuple[str, str], **more: Any) -> list[dict[str, Any]]:
    return lake.ask(QUERIES[name].text, period, now=NOW, **more)


def one(lake: AthenaLake, name: str, period: tuple[str, str], **more: Any) -> dict[str, Any]:
    (row,) = asked(lake, name, period, **more)
    return row


def assert_medians(
    lake: AthenaLake, name: str, period: tuple[str, str], medians: Iterable[dict[str, float | None]]
) -> None:
    """Athena's median, and ours, are both among the middle hundredths of all values; ``medians`` are ours, in order."""
    found, low, high = (asked(lake, name, period, quantile=quantile) for quantile in (None, 0.48, 0.52))
    for number, row in enumerate(medians):
        for column, exact in row.items():
            if exact is None:
                assert found[number][column] is None
            else:
                least, most = low[number][column] - 0.01, high[number][column] + 0.01
                assert least <= found[number][column] <= most, column
                assert least <= exact <= most, column


def money(lake: AthenaLake) -> MoneyReports:
    return MoneyReports(insights=lake.insights, costs=lake.costs, policy=POLICY, clock=MemoryClock(NOW))


def report(lake: AthenaLake, name: str, period: tuple[str, str], by: str) -> Any:
    return money(lake).read(name, ReportQuery.model_validate({"from": period[0], "to": period[1], "by": by}))


# What Athena is told of the files


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_columns_and_types_are_those_of_the_files_that_are_written(lake: AthenaLake, table: LakeTable) -> None:
    written = lake.connection.execute(f"DESCRIBE {tables.DATABASE}.{table.name}").fetchall()

    assert {name: kind for name, kind, *_ in written} == {
        name: in_parquet(kind) for name, kind in table.types().items()
    }


def in_parquet(kind: str) -> str:
    """A type of Glue as the engine that writes the files calls it."""
    wanted = data_type(kind).sql(dialect="duckdb")
    ((found,),) = duckdb.execute(f"SELECT typeof(CAST(NULL AS {wanted}))").fetchall()
    return str(found)


def test_the_lists_of_files_are_where_the_tables_look(template: Template) -> None:
    made = {table["TableInput"]["Name"]: table["TableInput"] for table in template.properties("Glue::Table").values()}

    assert set(made) == {table.name for table in TABLES}
    for name, listed in (("persons", PERSONS_FILES), ("touches", TOUCHES_FILES)):
        storage = made[name]["StorageDescriptor"]
        assert target(storage["Location"]) == f"s3://lake-bucket/{listed.removesuffix('files')}"
        assert storage["InputFormat"] == "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat"
    assert target(made["costs"]["StorageDescriptor"]["Location"]) == "s3://lake-bucket/costs/"


def test_the_template_holds_every_query_as_it_is_defined_now(template: Template) -> None:
    made = template.properties("Athena::NamedQuery").values()

    assert {(q["Name"], q["Description"], q["QueryString"]) for q in made} == set(QUERIES.values())
    assert len(made) == len(QUERIES)


def test_the_workgroup_encrypts_forgets_and_stops_what_reads_too_much(template: Template) -> None:
    (made,) = template.properties("Athena::WorkGroup").values()
    settings = made["WorkGroupConfiguration"]
    result = settings["ResultConfiguration"]
    lake_bucket = template.properties("S3::Bucket")["lake-bucket"]
    rules = [rule for rule in lake_bucket["LifecycleConfiguration"]["Rules"] if "ExpirationInDays" in rule]

    assert settings["EnforceWorkGroupConfiguration"] is True
    assert settings["BytesScannedCutoffPerQuery"] == SCANNED_BYTES
    assert result["EncryptionConfiguration"]["EncryptionOption"] == "SSE_KMS"
    assert target(result["EncryptionConfiguration"]["KmsKey"]) == "storage key"
    assert target(result["OutputLocation"]) == f"s3://lake-bucket/{RESULTS}"
    assert [(rule["Prefix"], rule["ExpirationInDays"]) for rule in rules] == [(RESULTS, 7)]


# What Athena can run


@EACH
def test_every_column_of_a_query_is_one_of_its_tables(query: NamedQuery) -> None:
    tree = resolved(query.text)

    read = {table.name for table in tree.find_all(exp.Table) if table.db == tables.DATABASE}
    assert read <= {table.name for table in TABLES}
    assert read


@EACH
def test_a_query_calls_only_functions_that_athena_has(query: NamedQuery) -> None:
    assert called(query.text) <= FUNCTIONS | SYNTAX


def test_no_function_is_allowed_that_nothing_calls() -> None:
    assert set().union(*(called(query.text) for query in QUERIES.values())) == FUNCTIONS | SYNTAX


def called(text: str) -> set[str]:
    """Words before a parenthesis, as they are written."""
    return set(re.findall(r"\b([A-Z_]+)\(", re.sub(r"'[^']*'", "''", text)))


@EACH
def test_a_query_is_written_as_athena_wants_it(query: NamedQuery) -> None:
    tree = parse_one(query.text, read="athena")
    names = {name.name.upper() for name in tree.find_all(exp.Identifier) if not name.quoted}

    assert names & set(RESERVED.split()) == set()
    assert [group.sql() for group in tree.find_all(exp.Group) if grouped(group) & aliases(group.parent)] == []
    assert "MATERIALIZED" not in query.text
    assert set(re.findall(r"%.", query.text)) <= {"%Y", "%m", "%d"}


def grouped(group: exp.Group) -> set[str]:
    return {column.name for column in group.expressions if isinstance(column, exp.Column)}


def aliases(select: exp.Expr) -> set[str]:
    """Names that a query gives to what it makes: not known to its own GROUP BY."""
    return {made.alias for made in select.expressions if isinstance(made, exp.Alias)}


@EACH
def test_the_two_parameters_of_a_query_are_its_first_and_last_day(query: NamedQuery) -> None:
    number = query.text.count("?")

    assert number == (0 if query.name in ("companies", "opportunities") else 2)
    if number:
        assert re.search(r"CAST\(\? AS DATE\) AS first_day,\s+CAST\(\? AS DATE\) AS last_day", query.text)


def test_a_column_that_is_not_in_the_lake_is_noticed() -> None:
    with pytest.raises(OptimizeError, match="surname"):
        resolved(to_athena("SELECT surname FROM person"))


def test_a_parameter_without_a_meaning_is_refused() -> None:
    with pytest.raises(KeyError, match="whim"):
        to_athena("SELECT lead_id FROM person WHERE reach > $whim")


# What Athena answers


@IN
def test_the_funnel_is_that_of_the_reports(lake: AthenaLake, period: tuple[str, str]) -> None:
    counts = lake.insights.funnel(cohort_of(*period), "month")
    row = one(lake, "funnel", period)

    assert row["visitors"] == counts.visitors
    assert [row[f"reached_{stage}"] for stage in LINE] == [stage.reached for stage in counts.line]
    assert [row[f"entered_{s}"] for s in (*LINE, *SIDE)] == [s.entered for s in (*counts.line, *counts.side)]
    exact = {f"median_days_{stage.stage}": days(stage.median_ms) for stage in counts.line[:-1]}
    assert_medians(lake, "funnel", period, [exact])
    current = {row["stage"]: row["persons"] for row in asked(lake, "stages", period)}
    assert {s.stage: s.current for s in (*counts.line, *counts.side) if s.current} == {
        stage: persons for stage, persons in current.items() if stage in (*LINE, *SIDE)
    }


@IN
def test_the_key_figures_are_those_of_the_reports(lake: AthenaLake, period: tuple[str, str]) -> None:
    counts = lake.insights.kpis(cohort_of(*period))
    row = one(lake, "key_figures", period)

    assert (row["visitors"], row["leads"], row["companies"], row["touches"]) == (
        counts.visitors,
        counts.leads,
        counts.companies,
        counts.touches,
    )
    assert_medians(lake, "key_figures", period, [{"median_days_to_sql": days(counts.median_ms_to_sql)}])
    assert {row["purpose"]: row["leads"] for row in asked(lake, "consents", period)} == counts.consents


@IN
@pytest.mark.parametrize("by", GROUPINGS)
def test_conversion_is_that_of_the_reports(lake: AthenaLake, period: tuple[str, str], by: str) -> None:
    lines = report(lake, "conversion", period, by).lines

    found = asked(lake, f"conversion_by_{by}", period)

    assert [[row[name] for name in ("label", "leads", "mql", "sql", "customers")] for row in found] == [
        [line.label, line.leads, line.mql, line.sql, line.customers] for line in lines
    ]
    for row, line in zip(found, lines, strict=True):
        for name in ("lead_to_mql", "mql_to_sql", "sql_to_customer", "lead_to_sale"):
            assert row[name] == pytest.approx(getattr(line, name), abs=0.0001), name


@IN
def test_times_to_the_sale_are_those_of_the_reports(lake: AthenaLake, period: tuple[str, str]) -> None:
    times = lake.insights.sale_times(cohort_of(*period), NOW)
    row = one(lake, "time_to_sale", period)

    assert row["customers"] == times.sold
    assert row["mean_days"] == pytest.approx(days(times.total_ms / times.sold if times.sold else None), abs=0.01)
    assert_medians(lake, "time_to_sale", period, [{"median_days": days(times.median_ms)}])
    waits = asked(lake, "time_to_sale_by_day", period)
    assert [(row["day"], row["sold"], row["open"]) for row in waits] == [tuple(wait) for wait in times.waits]


@IN
def test_handovers_are_those_of_the_reports(lake: AthenaLake, period: tuple[str, str]) -> None:
    rows = asked(lake, "handovers", period)
    lines = report(lake, "handovers", period, "owner").lines
    found = asked(lake, "handovers_by_owner", period)
    names = ("handovers", "waiting", "overdue", "accepted", "rejected", "in_time")

    assert [tuple(row.values()) for row in rows] == list(lake.insights.handover_rows(cohort_of(*period)))
    assert [[row["owner"], *(row[name] for name in names)] for row in found] == [
        [line.label, *(getattr(line, name) for name in names)] for line in lines
    ]
    for row, line in zip(found, lines, strict=True):
        assert row["in_time_share"] == pytest.approx(line.in_time_share, abs=0.0001)
    medians = [{"median_hours": line.median_hours} for line in lines]
    assert_medians(lake, "handovers_by_owner", period, medians)


def test_companies_are_those_of_the_reports(lake: AthenaLake) -> None:
    page = lake.insights.companies(None, after=None, limit=10_000)

    assert [tuple(row.values()) for row in asked(lake, "companies", PERIODS[0])] == [
        tuple(company) for company in page.items
    ]


@IN
@pytest.mark.parametrize("by", TOUCH_GROUPINGS)
def test_touches_are_those_of_the_reports(lake: AthenaLake, period: tuple[str, str], by: Any) -> None:
    found = asked(lake, f"touchpoints_by_{by}", period)

    merged: dict[str, tuple[int, int]] = {row["label"]: (row["touches"], row["people"]) for row in found}
    assert list(merged)[-1] == "", "the last line is the whole"
    assert merged == {line.label: (line.touches, line.people) for line in lake.insights.touches(cohort_of(*period), by)}


def test_opportunities_are_those_of_the_reports_in_their_currency(lake: AthenaLake) -> None:
    sales = {sale.opportunity.opportunity_id: sale for sale in money(lake).books().sales}
    found = asked(lake, "opportunities", PERIODS[0])

    assert [row["id"] for row in found] == sorted(sales)
    for row in found:
        deal = sales[row["id"]].opportunity
        named = {
            name: row[name]
            for name in (
                "state", "amount", "currency", "opened_on", "closed_on", "company", "marketing", "channel", "campaign",
                "content", "owner", "consumed", "origin",
            )
        }  # fmt: skip
        assert named == {name: getattr(deal, name) for name in named}
        assert tuple(row["lead_ids"]) == deal.lead_ids
        assert row["converted"] == sales[row["id"]].amount, deal
    assert {row["marketing"] for row in found} == {True, False}
    assert sum(row["converted"] is None for row in found) not in (0, len(found))


@IN
def test_spend_is_that_of_the_reports(lake: AthenaLake, period: tuple[str, str]) -> None:
    found = asked(lake, "spend", period)

    for by, column in (("month", "month"), ("channel", "channel")):
        summed: dict[str, Decimal] = {}
        for row in found:
            summed[row[column]] = summed.get(row[column], Decimal(0)) + row["spend"]
        lines = {line.label: line.spend for line in report(lake, "romi", period, by).lines}
        assert {label: plain(amount) for label, amount in summed.items() if amount} == {
            label: spend for label, spend in lines.items() if Decimal(spend)
        }


@IN
def test_the_return_of_channels_is_that_of_the_reports(lake: AthenaLake, period: tuple[str, str]) -> None:
    lines = report(lake, "romi", period, "channel").lines
    found = asked(lake, "romi_by_channel", period)

    for row, line in zip(found, lines, strict=True):
        assert row["label"] == line.label
        assert [plain(row[name]) for name in ("spend", "revenue", "won")] == [line.spend, line.revenue, line.won]
        assert (row["opportunities"], row["won_opportunities"]) == (line.opportunities, line.won_opportunities)
        assert row["romi"] == (None if line.romi is None else pytest.approx(line.romi, abs=0.0001))
        assert row["unconverted"] == line.unconverted


def test_the_generated_lake_holds_something_of_everything(lake: AthenaLake) -> None:
    empty = [name for name in QUERIES if not asked(lake, name, PERIODS[0])]
    labels = {row["label"] for row in asked(lake, "conversion_by_campaign", PERIODS[0])}

    assert empty == []
    assert {NONE, "мир", "O'Brien"} <= labels
    assert len(lake.listed(TOUCHES_FILES)) > 30


def test_a_query_that_counts_something_else_is_noticed(lake: AthenaLake) -> None:
    changed = QUERIES["funnel"].text.replace("reach >= 1", "reach >= 2")

    (row,) = lake.ask(changed, PERIODS[0], now=NOW)
    assert row["reached_mql"] != lake.insights.funnel(cohort_of(*PERIODS[0]), "month").line[1].reached


def test_shares_are_rounded_as_finely_as_the_tolerance_says() -> None:
    assert share(1, 32) == 0.0312, "halves to even here; Athena rounds them away from zero: 0.0313"
