"""What Athena's SQL becomes, and what is refused. No engine runs here."""

import pytest

from athena_local.errors import QueryError
from athena_local.executions import Execution, Executions
from athena_local.prepared import PreparedStatement, PreparedStatements
from athena_local.properties import extra_properties, hive_properties, iceberg_properties
from athena_local.session import Session
from athena_local.translate import to_trino, translate, vacuum_sql


def refusal(sql: str) -> str:
    with pytest.raises(QueryError) as refused:
        translate(sql)
    return str(refused.value)


@pytest.mark.parametrize(
    ("athena", "trino"),
    [
        ("select 1.5 ;", "select 1.5E0"),
        ("select .5, 5., 1e3, 7", "select .5E0, 5.E0, 1e3, 7"),
        ("select decimal '1.5', '1.5', \"1.5\"", "select decimal '1.5', '1.5', \"1.5\""),
        ("select 'a;b' -- 1.5; not code\n;", "select 'a;b'"),
        ("select a.b /* 2.5 */ from t", "select a.b /* 2.5 */ from t"),
    ],
)
def test_queries_keep_their_text_but_for_numbers(athena: str, trino: str) -> None:
    assert to_trino(athena) == trino


@pytest.mark.parametrize(
    ("sql", "kinds"),
    [
        ("-- note\nselect 1", ("DML", "SELECT")),
        ("with a as (select 1) select * from a", ("DML", "SELECT")),
        ("(select 1)", ("DML", "SELECT")),
        ("insert into t select 1", ("DML", "INSERT")),
        ("merge into t using s on a = b when matched then delete", ("DML", "MERGE")),
        ("optimize t rewrite data using bin_pack where x = 1;", ("DML", "OPTIMIZE")),
        ("vacuum db.`_t`", ("DML", "VACUUM")),
        ("optimize db.t rewrite data using bin_pack", ("DML", "OPTIMIZE")),
        ("create table t as select 1 x", ("DDL", "CREATE_TABLE_AS_SELECT")),
        ("create or replace view v as select 1 x", ("DDL", "CREATE_VIEW")),
        ("create external table `a`.`b` (x int) location 's3://b/'", ("DDL", "CREATE_TABLE")),
        ("create database if not exists `x` comment 'c'", ("DDL", "CREATE_DATABASE")),
        ("drop schema x cascade", ("DDL", "DROP_DATABASE")),
        ("drop table if exists `a`.`b`", ("DDL", "DROP_TABLE")),
        ("alter table a.b set tblproperties ('a'='b')", ("DDL", "ALTER_TABLE")),
        ("alter table t add partition (d='1') location 's3://b/'", ("DDL", "ALTER_TABLE")),
        ("msck repair table a.b", ("DDL", "MSCK_REPAIR_TABLE")),
        ("show tables in x 'a*'", ("UTILITY", "SHOW_TABLES")),
        ("show columns from b in a", ("UTILITY", "SHOW_COLUMNS")),
        ("show create table a.b", ("UTILITY", "SHOW_CREATE_TABLE")),
        ("describe formatted a.b", ("UTILITY", "DESCRIBE_TABLE")),
        ("explain select 1", ("DML", "EXPLAIN")),
        ("prepare p from select ?", ("UTILITY", "PREPARE")),
        ("deallocate prepare p", ("UTILITY", "DEALLOCATE")),
    ],
)
def test_statements_are_known_by_kind(sql: str, kinds: tuple[str, str]) -> None:
    plan = translate(sql)
    assert (plan.statement_type, plan.substatement_type) == kinds


@pytest.mark.parametrize(
    "sql",
    [
        'drop table "t"',
        'describe "db"."t"',
        'optimize "t" rewrite data using bin_pack',
        'vacuum "t"',
        'show create table "t"',
        "alter table \"t\" set tblproperties ('a'='b')",
        "create external table \"t\" (x int) location 's3://b/'",
    ],
)
def test_names_in_double_quotes_are_refused_in_ddl(sql: str) -> None:
    assert "ParseException" in refusal(sql)


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("create or replace table t as select 1 x", "Queries of this type are not supported"),
        ("alter table t execute optimize", "ParseException"),
        ("alter table t execute expire_snapshots(retention_threshold => '1d')", "ParseException"),
        ("truncate table t", "Queries of this type are not supported"),
        ("call system.x()", "Queries of this type are not supported"),
        ("execute immediate 'select 1'", "SYNTAX_ERROR: mismatched input ''select 1''"),
        ("execute p with 1", "SYNTAX_ERROR: mismatched input 'with'"),
        ("execute", "SYNTAX_ERROR: mismatched input '<EOF>'"),
        ("prepare p select 1", "SYNTAX_ERROR: mismatched input 'select'"),
        ("deallocate prepare p q", "SYNTAX_ERROR: mismatched input 'q'"),
        ("set session a = 1", "Queries of this type are not supported"),
        ("grant select on t to u", "Queries of this type are not supported"),
        ("create materialized view v as select 1", "Queries of this type are not supported"),
        ("comment on table t is 'x'", "Queries of this type are not supported"),
        ("show session", "Queries of this type are not supported"),
        ("selec 1", "mismatched input 'SELEC'"),
        ("select 1; select 2", "Only one sql statement is allowed"),
        ("select 'a", "SYNTAX_ERROR"),
        ("create table t (a, b) as select 1, 2", "Column names are not allowed"),
        ("create table t (a int)", "use CREATE EXTERNAL TABLE"),
        ("create external table t (a int) location '/tmp/x'", "s3://"),
        ("create external table t (a int)", "s3://"),
        ("vacuum `db`.`t`", "cannot recognize input near '`db`'"),
        ("vacuum db.`t`.t", "cannot recognize input near '`t`'"),
        ("optimize `db`.t rewrite data using bin_pack", "cannot recognize input near '`db`'"),
        ("vacuum t now", "cannot recognize input near 'now'"),
        ("optimize t rewrite data using bin_pack where", "cannot recognize input near '<EOF>'"),
        ("optimize t rewrite data using bin_pack now", "cannot recognize input near 'now'"),
        ("optimize t", "cannot recognize input near '<EOF>'"),
        ("create table t with (table_type='delta') as select 1 x", "Unsupported table type"),
        ("", "SYNTAX_ERROR"),
        ("-- only a comment", "SYNTAX_ERROR"),
    ],
)
def test_what_athena_refuses_is_refused(sql: str, reason: str) -> None:
    assert reason in refusal(sql)


ICEBERG = {"table_type": "iceberg", "is_external": "false", "location": "s3://b/t/"}


def test_iceberg_properties_become_trinos() -> None:
    clause, settings = iceberg_properties(
        {
            **ICEBERG,
            "format": "parquet",
            "partitioning": ["day(ts)", "bucket(id, 4)"],
            "write_compression": "zstd",
            "vacuum_max_snapshot_age_seconds": "60",
        }
    )
    assert clause == (
        "location = 's3://b/t', format = 'PARQUET', format_version = 2, "
        "partitioning = ARRAY['day(ts)', 'bucket(id, 4)'], extra_properties = "
        "MAP(ARRAY['vacuum_max_snapshot_age_seconds'], ARRAY['60'])"
    )
    assert settings == {"iceberg.compression_codec": "ZSTD"}


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({**ICEBERG, "format_version": "2"}, "'format_version' does not exist"),
        ({**ICEBERG, "external_location": "s3://b/"}, "'external_location' does not exist"),
        ({**ICEBERG, "is_external": "true"}, "is_external=false"),
        ({"table_type": "iceberg"}, "location is required"),
        ({**ICEBERG, "vacuum_min_snapshots_to_keep": "0"}, "must be a positive number"),
        ({**ICEBERG, "vacuum_max_snapshot_age_seconds": "-1"}, "must be a positive number"),
    ],
)
def test_iceberg_properties_that_athena_lacks_are_refused(properties: dict[str, str], reason: str) -> None:
    with pytest.raises(QueryError, match="INVALID_TABLE_PROPERTY") as refused:
        iceberg_properties(properties)
    assert reason in str(refused.value)


def test_hive_table_without_location_goes_below_the_results() -> None:
    clause, _ = hive_properties({"format": "orc"}, "s3://b/results/tables/1")
    assert clause == "external_location = 's3://b/results/tables/1/', format = 'ORC'"


def test_hive_table_refuses_icebergs_properties() -> None:
    with pytest.raises(QueryError, match="'partitioning' does not exist for Hive tables"):
        hive_properties({"partitioning": ["day(ts)"]}, "s3://b/")


def test_text_in_properties_cannot_end_its_literal() -> None:
    clause, _ = iceberg_properties({**ICEBERG, "location": "s3://b/it's"})
    assert "location = 's3://b/it''s'" in clause
    with pytest.raises(QueryError):
        extra_properties({"vacuum_min_snapshots_to_keep": "1', 'x"})


def test_vacuum_uses_the_tables_own_age() -> None:
    assert vacuum_sql("t", {"vacuum_max_snapshot_age_seconds": "7"}) == [
        "ALTER TABLE t EXECUTE expire_snapshots(retention_threshold => '7s')",
        "ALTER TABLE t EXECUTE remove_orphan_files(retention_threshold => '7s')",
    ]


def test_vacuum_keeps_five_days_by_default() -> None:
    assert all("'432000s'" in sql for sql in vacuum_sql("t", {}))


def test_parameters_are_bound_by_the_engine() -> None:
    plan = translate("select ?, 'it''s ?'", parameters=["1.5", "'a'"])
    assert plan.sql == "EXECUTE IMMEDIATE 'select ?, ''it''''s ?''' USING 1.5E0, 'a'"
    with pytest.raises(QueryError):
        translate("select ?", parameters=["1; drop table t"])


def test_values_of_a_prepared_statement_end_at_their_own_commas() -> None:
    statements = PreparedStatements()
    statements.add(PreparedStatement("p", "select ?, ?, ?"))
    plan = translate("execute p using date_add('day', 1, now()), array[1, 2], 'a,b' ;", statements=statements)
    assert plan.sql == "EXECUTE IMMEDIATE 'select ?, ?, ?' USING date_add('day', 1, now()), array[1, 2], 'a,b'"


def test_an_error_of_the_front_itself_fails_the_query() -> None:
    def no_session(database: str, cutoff: int | None) -> Session:
        raise RuntimeError("no engine")

    executions = Executions(no_session, lambda url, body: None, lambda queries: [])
    execution = Execution("select 1", "db", "c", "primary", "s3://b/")
    executions.start(execution)
    executions.close()
    assert execution.state == "FAILED"
    assert "no engine" in str(execution.reason)
