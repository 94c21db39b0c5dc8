"""Statements on the real engine, through the API that boto3 uses."""

import gzip
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.athena


def iceberg_rows(athena, local_athena, table: str, columns: str = "*") -> list[tuple]:
    """What DuckDB's own Iceberg reader finds in the table's newest metadata on S3."""
    import duckdb
    from duckdb_extensions import import_extension

    glue = athena.glue.get_table(DatabaseName=athena.database, Name=table)["Table"]
    connection = duckdb.connect()
    for extension in ("httpfs", "avro", "iceberg"):
        import_extension(extension)
        connection.load_extension(extension)
    connection.execute(
        f"create secret (type s3, key_id 'test', secret 'test', url_style 'path', use_ssl false, "
        f"region '{local_athena.region}', "
        f"endpoint '{local_athena.endpoint_url.removeprefix('http://')}')"
    )
    metadata = glue["Parameters"]["metadata_location"]
    return sorted(connection.execute(f"select {columns} from iceberg_scan('{metadata}')").fetchall())


def test_results_have_athenas_types_and_texts(athena) -> None:
    query = athena.do(
        "select 1 i, 1.5 d, 1 / 0.0 inf, cast(null as varchar) n, true b, array[1, null] a, "
        "map(array['k'], array[2]) m, cast(row(1, 'x') as row(p int, q varchar)) r, "
        "date '2020-01-02' day, timestamp '2020-01-02 03:04:05.678' ts, from_hex('00ff') bin, "
        "decimal '1.50' num, cast('a' as varchar(5)) v"
    )
    header, row = query.lines
    assert header == ("i", "d", "inf", "n", "b", "a", "m", "r", "day", "ts", "bin", "num", "v")
    assert row == (
        *("1", "1.5", "Infinity", None, "true", "[1, null]", "{k=2}", "{p=1, q=x}"),
        *("2020-01-02", "2020-01-02 03:04:05.678", "00 ff", "1.50", "a"),
    )
    answer = athena.client.get_query_results(QueryExecutionId=query.execution["QueryExecutionId"])
    types = [c["Type"] for c in answer["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]]
    assert " ".join(types) == (
        "integer double double varchar boolean array map row date timestamp varbinary decimal varchar"
    )


def test_result_file_and_its_metadata_lie_in_the_output_location(athena) -> None:
    query = athena.do("select 1 a, cast(null as varchar) b, 'x\"y' c")
    location = query.execution["ResultConfiguration"]["OutputLocation"]
    key = location.removeprefix(f"s3://{athena.bucket}/")
    assert key == f"results/{query.execution['QueryExecutionId']}.csv"
    body = athena.s3.get_object(Bucket=athena.bucket, Key=key)["Body"].read()
    assert body == b'"a","b","c"\n"1",,"x""y"\n'
    assert f"{key}.metadata" in athena.keys("results/")


def test_results_come_in_pages_with_one_header(athena) -> None:
    query = athena.do("select x from unnest(sequence(1, 2500)) t(x) order by x")
    assert query.rows == [(str(x),) for x in range(1, 2501)]
    execution_id = query.execution["QueryExecutionId"]
    page = athena.client.get_query_results(QueryExecutionId=execution_id, MaxResults=3)
    assert [row["Data"][0]["VarCharValue"] for row in page["ResultSet"]["Rows"]] == ["x", "1", "2"]
    page = athena.client.get_query_results(QueryExecutionId=execution_id, MaxResults=3, NextToken=page["NextToken"])
    assert [row["Data"][0]["VarCharValue"] for row in page["ResultSet"]["Rows"]] == ["3", "4", "5"]


def test_a_raw_line_table_reads_every_line_plain_or_gzipped(athena) -> None:
    lines = b'{"a":1,"b":"\xc3\xa9"}\n  not json, with\ttab and \x01\n\n{"a":2}\r\n'
    athena.s3.put_object(Bucket=athena.bucket, Key="land/x/one.json", Body=lines)
    athena.s3.put_object(Bucket=athena.bucket, Key="land/x/two.gz", Body=gzip.compress(b'{"a":3}'))
    athena.s3.put_object(Bucket=athena.bucket, Key="land/x/_skipped", Body=b'{"a":4}')
    athena.do(
        "create external table landing_lines (line string) row format delimited "
        f"fields terminated by '\\u0000' location 's3://{athena.bucket}/land/x/'"
    )
    rows = athena.do(
        "select json_extract_scalar(try(json_parse(line)), '$.a'), "
        "regexp_extract(\"$path\", '[^/]+$'), \"$file_modified_time\" > timestamp '2020-01-01' "
        "from landing_lines order by 2, 1"
    ).rows
    assert rows == [
        ("1", "one.json", "true"),
        ("2", "one.json", "true"),
        (None, "one.json", "true"),
        (None, "one.json", "true"),
        ("3", "two.gz", "true"),
    ]
    found = {row[0] for row in athena.do("select line from landing_lines").rows}
    assert "  not json, with\ttab and \x01" in found


def test_json_and_csv_serdes(athena) -> None:
    athena.s3.put_object(Bucket=athena.bucket, Key="js/a.json", Body=b'{"a":1,"B":"x"}\nbad\n')
    athena.s3.put_object(Bucket=athena.bucket, Key="csv/a.csv", Body=b'h1,h2\n"a,b",2\n')
    athena.do(
        "create external table `js` (`a` int, b string) "
        "row format serde 'org.openx.data.jsonserde.JsonSerDe' "
        "with serdeproperties ('ignore.malformed.json'='true') "
        f'location \'s3://{athena.bucket}/js/\' tblproperties ("classification"="json")'
    )
    athena.do(
        "create external table csv (x string, y string) "
        "row format serde 'org.apache.hadoop.hive.serde2.OpenCSVSerde' "
        f"location 's3://{athena.bucket}/csv/' tblproperties ('skip.header.line.count'='1')"
    )
    assert athena.do("select * from js order by a").rows == [("1", "x"), (None, None)]
    assert athena.do("select * from csv").rows == [("a,b", "2")]
    query = athena.do("select count(*) from js")
    assert query.execution["Statistics"]["DataScannedInBytes"] == 20


def test_iceberg_life_is_seen_by_an_independent_reader(athena, local_athena) -> None:
    athena.iceberg(
        "life",
        "select * from (values (1, 'a', timestamp '2024-01-01 00:00:00.000001'), "
        "(2, 'b', timestamp '2024-01-02 00:00:00.000000')) t(id, name, ts)",
        ", partitioning=array['day(ts)'], vacuum_max_snapshot_age_seconds=1, optimize_rewrite_delete_file_threshold=1",
    )
    assert iceberg_rows(athena, local_athena, "life", "id, name") == [(1, "a"), (2, "b")]
    counts = [
        athena.client.get_query_results(QueryExecutionId=athena.do(sql).execution["QueryExecutionId"])["UpdateCount"]
        for sql in (
            "insert into life select 3, 'c', timestamp '2024-01-02 00:00:00.000000'",
            "update life set name = 'B' where id = 2",
            "delete from life where id = 1",
            "merge into life t using (values (3, 'C'), (4, 'D')) s(id, name) on t.id = s.id "
            "when matched then update set name = s.name "
            "when not matched then insert (id, name, ts) "
            "values (s.id, s.name, timestamp '2024-01-04 00:00:00.000000')",
        )
    ]
    assert counts == [1, 1, 1, 2]
    rows = [(2, "B"), (3, "C"), (4, "D")]
    assert iceberg_rows(athena, local_athena, "life", "id, name") == rows
    before = set(athena.keys("life/data/"))
    athena.do("optimize life rewrite data using bin_pack")
    time.sleep(1.1)
    athena.do("vacuum life")
    after = set(athena.keys("life/data/"))
    assert before - after, "vacuum removes what only old snapshots used"
    assert athena.do('select count(*) from "life$snapshots"').rows == [("1",)]
    assert iceberg_rows(athena, local_athena, "life", "id, name") == rows


def test_optimize_leaves_files_with_fewer_delete_files_than_the_tables_threshold(athena) -> None:
    athena.iceberg("some", "select x, x % 2 p from unnest(sequence(1, 10)) t(x)", ", partitioning=array['p']")
    files = 'select file_path from "some$files" where content = {}'
    even, odd = (athena.do(f'select distinct "$path" from some where x = {x}').rows[0] for x in (2, 1))
    athena.do("delete from some where x = 1")
    athena.do("delete from some where x in (2, 3)")  # one delete file for even, two for odd
    deletes = athena.do(files.format(1)).rows
    assert len(deletes) == 3
    athena.do("optimize some rewrite data using bin_pack where p = 0")
    assert {even, odd} <= set(athena.do(files.format(0)).rows)
    athena.do("optimize some rewrite data using bin_pack")
    left = athena.do(files.format(0)).rows
    assert even in left
    assert odd not in left
    assert athena.do("show tables 'some*'").lines == [("some",)]

    athena.do("alter table some set tblproperties ('optimize_rewrite_delete_file_threshold'='1')")
    athena.do("optimize some rewrite data using bin_pack")
    assert even not in athena.do(files.format(0)).rows
    assert athena.do("select x from some order by x").rows == [(str(x),) for x in range(4, 11)]


def test_vacuum_spares_what_is_younger_than_the_tables_age(athena) -> None:
    athena.iceberg("young", "select 1 id")
    athena.do("delete from young where id = 1")
    athena.do("vacuum young")
    assert athena.do('select count(*) from "young$snapshots"').rows == [("2",)]
    athena.do("alter table young set tblproperties ('vacuum_max_snapshot_age_seconds'='1')")
    time.sleep(1.1)
    athena.do("vacuum young")
    assert athena.do('select count(*) from "young$snapshots"').rows == [("1",)]


def test_iceberg_ddl(athena) -> None:
    athena.do(
        "create table ddl (id int, ts timestamp) partitioned by (day(ts), bucket(4, id)) "
        f"location 's3://{athena.bucket}/ddl/' tblproperties ('table_type'='ICEBERG')"
    )
    athena.do("insert into ddl values (1, timestamp '2024-01-01 00:00:00')")
    athena.do("alter table ddl add columns (name string)")
    athena.do("alter table ddl change column id id bigint")
    athena.do("alter table ddl drop column name")
    athena.do(f"alter table ddl rename to `{athena.database}`.`ddl2`")
    lines = [line[0] for line in athena.do("describe ddl2").lines]
    assert [line.split() for line in lines[:2]] == [["id", "bigint"], ["ts", "timestamp"]]
    assert athena.do("select id from ddl2").rows == [("1",)]
    athena.do("drop table ddl2")
    assert athena.keys("ddl/") == []
    assert athena("select 1 from ddl2").reason.startswith("TABLE_NOT_FOUND: ")


def test_hive_tables_partitions_and_views(athena) -> None:
    location = f"s3://{athena.bucket}/hive/"
    athena.do(
        f"create table hive with (external_location='{location}', partitioned_by=array['day']) "
        "as select 1 a, date '2024-01-01' b, '1' day"
    )
    assert athena("create table hive as select 1 a").state == "FAILED"
    athena.s3.copy_object(
        Bucket=athena.bucket,
        Key="hive/day=2/copy.parquet",
        CopySource={"Bucket": athena.bucket, "Key": athena.keys("hive/")[0]},
    )
    athena.do("msck repair table hive")
    assert athena.do("show partitions hive").lines == [("day=1",), ("day=2",)]
    athena.do("alter table hive drop partition (day='1')")
    athena.do(f"alter table hive add if not exists partition (day='3') location '{location}day=2/'")
    assert athena.do("select day from hive order by 1").rows == [("2",), ("3",)]
    athena.do("alter table hive replace columns (a int)")
    assert [x[0].strip() for x in athena.do("show columns in hive").lines] == ["a", "day"]
    athena.do("create or replace view seen as select a, day from hive")
    assert athena.do("select * from seen order by day").rows == [("1", "2"), ("1", "3")]
    assert athena.do("show views").lines == [("seen",)]
    view = athena.glue.get_table(DatabaseName=athena.database, Name="seen")["Table"]
    columns = view["StorageDescriptor"]["Columns"]
    assert [(c["Name"], c["Type"]) for c in columns] == [("a", "int"), ("day", "varchar(1)")]
    athena.do("drop table hive")
    assert athena.keys("hive/"), "Athena never deletes an external table's files"


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("select nope", "COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved"),
        ("select * from nope", "TABLE_NOT_FOUND: line 1:15: "),
        ("select from", "SYNTAX_ERROR: line 1:8: mismatched input 'from'"),
        ("select * from `t`", "backquoted identifiers are not supported"),
        ("select 1 as x qualify true", "SYNTAX_ERROR: "),
        ("drop table nope", "FAILED: SemanticException [Error 10001]: Table not found"),
        ("drop database nope", "Database does not exist: nope"),
        ("create table t with (external_location='s3://no-such-bucket-x/') as select 1 a", ""),
    ],
)
def test_bad_statements_fail_with_a_reason(athena, sql: str, reason: str) -> None:
    query = athena(sql)
    assert query.state == "FAILED"
    assert query.reason
    assert reason in query.reason
    assert query.execution["Status"]["AthenaError"]["ErrorCategory"] in (1, 2, 3)


@pytest.mark.parametrize("kind", ["timestamp(3)", "timestamp(9)", "timestamp(3) with time zone"])
def test_iceberg_timestamps_that_are_not_micros_are_refused(athena, kind: str) -> None:
    query = athena(
        "create table bad with (table_type='iceberg', is_external=false, "
        f"location='s3://{athena.bucket}/bad/') as select cast(null as {kind}) x"
    )
    assert query.state == "FAILED"
    assert "not supported for Iceberg" in query.reason
    assert athena.keys("bad/") == []


def test_hive_timestamps_that_are_not_millis_are_refused(athena) -> None:
    query = athena("create table bad as select cast(null as timestamp(6)) x")
    assert "Incorrect timestamp precision for timestamp(6)" in query.reason


@pytest.mark.parametrize("kind", ["iceberg", "hive"])
def test_a_hundred_partitions_and_no_more(athena, kind: str) -> None:
    if kind == "iceberg":
        header = f"is_external=false, location='s3://{athena.bucket}/many/', partitioning"
    else:
        header = "partitioned_by"
    sql = (
        f"create table many with (table_type='{kind}', {header}=array['id']) as "
        "select 1 x, id from unnest(sequence(1, {})) t(id)"
    )
    reason = athena(sql.format(101)).reason
    assert f"{kind.upper()}_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers" in reason


def test_query_text_has_a_limit(athena) -> None:
    longest = "select '" + "é" * ((262_144 - 9) // 2) + "'"
    assert len(longest.encode()) in (262_143, 262_144)
    athena.do(longest)
    with pytest.raises(ClientError, match="less than or equal to 262144"):
        athena.start(longest + "--")


@pytest.mark.parametrize("seconds", [0, 0.02, 0.5])
def test_stopping_a_query_cancels_it(athena, seconds: float) -> None:
    execution_id = athena.start(
        "select count(*) from unnest(sequence(1, 5000)) a(x), unnest(sequence(1, 5000)) b(y), "
        "unnest(sequence(1, 5000)) c(z) where x * y * z % 7 = 1"
    )
    time.sleep(seconds)
    athena.client.stop_query_execution(QueryExecutionId=execution_id)
    query = athena.wait(execution_id)
    assert query.state == "CANCELLED"
    running = "select count(*) from system.runtime.queries where state = 'RUNNING'"
    deadline = time.monotonic() + 10
    while athena.do(running).rows != [("1",)]:  # only this one itself
        assert time.monotonic() < deadline, "the engine goes on with a cancelled query"
        time.sleep(0.1)
    with pytest.raises(ClientError, match="Final query state: CANCELLED"):
        athena.client.get_query_results(QueryExecutionId=execution_id)


def test_workgroup_sets_location_and_cutoff(athena) -> None:
    name = f"wg_{athena.database}"
    athena.client.create_work_group(
        Name=name,
        Configuration={
            "ResultConfiguration": {"OutputLocation": f"s3://{athena.bucket}/wg/"},
            "EnforceWorkGroupConfiguration": True,
            "BytesScannedCutoffPerQuery": 10_000_000,
        },
    )
    athena.iceberg(
        "wide",
        "select x, to_hex(sha256(to_utf8(cast(x * 100 + y as varchar)))) h "
        "from unnest(sequence(1, 10000)) t(x), unnest(sequence(1, 16)) u(y)",
    )
    query = athena("select max(h) from wide", WorkGroup=name)
    assert query.state == "SUCCEEDED"
    assert query.execution["ResultConfiguration"]["OutputLocation"].startswith(f"s3://{athena.bucket}/wg/")
    scanned = query.execution["Statistics"]["DataScannedInBytes"]
    assert 4_000_000 < scanned < 10_000_000
    # Twice the bytes: over the limit, which cannot be under 10 MB.
    query = athena("select max(h) from (table wide union all table wide)", WorkGroup=name)
    assert query.state == "CANCELLED"
    assert "Bytes scanned limit was exceeded" in query.reason
    ids = athena.client.list_query_executions(WorkGroup=name)["QueryExecutionIds"]
    assert ids[0] == query.execution["QueryExecutionId"]
    found = athena.client.batch_get_query_execution(QueryExecutionIds=[*ids, "unknown"])
    assert len(found["QueryExecutions"]) == 2
    assert found["UnprocessedQueryExecutionIds"][0]["QueryExecutionId"] == "unknown"


def test_requests_that_cannot_be_are_errors(athena) -> None:
    with pytest.raises(ClientError, match="No output location provided"):
        athena.client.start_query_execution(QueryString="select 1")
    with pytest.raises(ClientError, match="WorkGroup nope is not found"):
        athena.start("select 1", WorkGroup="nope")
    with pytest.raises(ClientError, match="QueryExecution nope was not found"):
        athena.client.get_query_execution(QueryExecutionId="nope")
    with pytest.raises(ClientError, match="not found"):
        athena.client.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName=athena.database, TableName="nope")


def test_output_bucket_that_is_not_there_fails_the_query(athena) -> None:
    started = athena.client.start_query_execution(
        QueryString="select 1",
        ResultConfiguration={"OutputLocation": "s3://no-such-bucket-at-all/x/"},
    )
    query = athena.wait(started["QueryExecutionId"])
    assert query.state == "FAILED"
    assert "no-such-bucket-at-all" in query.reason


def test_the_same_request_token_runs_once(athena) -> None:
    token = "t" * 40
    first, second = (athena.start("select 1", ClientRequestToken=token) for _ in range(2))
    assert first == second


def test_parameters(athena) -> None:
    query = athena("select ? + 1, ?", ExecutionParameters=["41", "'it''s'"])
    assert query.rows == [("42", "it's")]


def manifest(athena, query) -> list[str]:
    """The lines of the manifest that a query's statistics name."""
    location = query.execution["Statistics"]["DataManifestLocation"]
    assert location == query.execution["ResultConfiguration"]["OutputLocation"] + "-manifest.csv"
    key = location.removeprefix(f"s3://{athena.bucket}/")
    return athena.s3.get_object(Bucket=athena.bucket, Key=key)["Body"].read().decode().splitlines()


@pytest.mark.parametrize("kind", ["hive", "iceberg"])
def test_a_manifest_lists_the_files_that_a_query_wrote(athena, kind: str) -> None:
    table, folder = f"listed_{kind}", f"s3://{athena.bucket}/listed_{kind}/"
    create = {
        "hive": f"external_location='{folder}', partitioned_by=array['p']",
        "iceberg": f"table_type='iceberg', is_external=false, location='{folder}', partitioning=array['p']",
    }[kind]
    query = athena.do(f"create table {table} with ({create}) as select * from (values (1, 'a'), (2, 'b')) t(x, p)")
    execution_id = query.execution["QueryExecutionId"]
    location = query.execution["ResultConfiguration"]["OutputLocation"]
    assert location == f"s3://{athena.bucket}/results/tables/{execution_id}"
    first = manifest(athena, query)
    assert sorted(path.split("/")[-2] for path in first) == ["p=a", "p=b"]
    query = athena.do(f"insert into {table} values (3, 'b')")
    execution_id = query.execution["QueryExecutionId"]
    assert query.execution["ResultConfiguration"]["OutputLocation"] == f"s3://{athena.bucket}/results/{execution_id}"
    second = manifest(athena, query)
    assert len(second) == 1
    paths = {row[0] for row in athena.do(f'select distinct "$path" from {table}').rows}
    assert paths == {*first, *second}
    query = athena.do(f"insert into {table} select * from {table} where x > 9")
    assert manifest(athena, query) == []


def test_other_statements_have_no_manifest(athena) -> None:
    assert "DataManifestLocation" not in athena.do("select 1").execution["Statistics"]


def test_prepared_statements_are_kept_by_workgroup(athena) -> None:
    names = {"StatementName": f"st_{athena.database}", "WorkGroup": "primary"}
    client = athena.client
    unknown = f"PreparedStatement {names['StatementName']} was not found in workGroup primary"
    for ask in (client.get_prepared_statement, client.delete_prepared_statement):
        with pytest.raises(client.exceptions.ResourceNotFoundException, match=unknown):
            ask(**names)
    with pytest.raises(client.exceptions.ResourceNotFoundException, match=unknown):
        client.update_prepared_statement(**names, QueryStatement="select 1")
    with pytest.raises(ClientError, match="WorkGroup nope is not found"):
        client.list_prepared_statements(WorkGroup="nope")

    client.create_prepared_statement(**names, QueryStatement="select ?", Description="what is asked")
    with pytest.raises(client.exceptions.InvalidRequestException, match="already exists"):
        client.create_prepared_statement(**names, QueryStatement="select 2")
    client.update_prepared_statement(**names, QueryStatement="select ? x, ? y")
    statement = client.get_prepared_statement(**names)["PreparedStatement"]
    assert statement.pop("LastModifiedTime")
    assert statement == {
        "StatementName": names["StatementName"],
        "QueryStatement": "select ? x, ? y",
        "WorkGroupName": "primary",
    }
    listed = client.list_prepared_statements(WorkGroup="primary")["PreparedStatements"]
    assert names["StatementName"] in [found["StatementName"] for found in listed]
    found = client.batch_get_prepared_statement(
        PreparedStatementNames=[names["StatementName"], "nope"], WorkGroup="primary"
    )
    assert [statement["QueryStatement"] for statement in found["PreparedStatements"]] == ["select ? x, ? y"]
    assert [name["StatementName"] for name in found["UnprocessedPreparedStatementNames"]] == ["nope"]

    assert athena.do(f"execute {names['StatementName']} using 1.5, 'a, b'").lines == [("x", "y"), ("1.5", "a, b")]
    assert athena(f"execute {names['StatementName']}", ExecutionParameters=["1", "2"]).rows == [("1", "2")]
    reason = athena(f"execute {names['StatementName']} using 1").reason
    assert "Incorrect number of parameters: expected 2 but found 1" in reason
    client.delete_prepared_statement(**names)
    assert athena(f"execute {names['StatementName']}").reason == unknown


def test_prepared_statements_in_sql(athena) -> None:
    folder = f"s3://{athena.bucket}/prepared/"
    athena.do(
        "prepare make from create table prepared with (table_type='iceberg', is_external=false, "
        f"location='{folder}') as select ? x"
    )
    assert "already exists" in athena("prepare make from select 1").reason
    assert len(manifest(athena, athena.do("execute make using 7"))) == 1
    assert athena.do("select x from prepared").rows == [("7",)]
    athena.do("deallocate prepare make")
    assert "PreparedStatement make was not found" in athena("deallocate prepare make").reason


def test_metadata_comes_from_glue(athena) -> None:
    athena.iceberg("meta", "select 1 id, 'x' name")
    metadata = athena.client.get_table_metadata(
        CatalogName="AwsDataCatalog", DatabaseName=athena.database, TableName="meta"
    )["TableMetadata"]
    assert [c["Name"] for c in metadata["Columns"]] == ["id", "name"]
    names = athena.client.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"]
    assert athena.database in [d["Name"] for d in names]
    tables = athena.client.list_table_metadata(
        CatalogName="AwsDataCatalog", DatabaseName=athena.database, Expression="met*"
    )["TableMetadataList"]
    assert [t["Name"] for t in tables] == ["meta"]


def test_statements_run_side_by_side(athena) -> None:
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda x: athena.do(f"select {x}").rows, range(16)))
    assert rows == [[(str(x),)] for x in range(16)]


def test_pyathena_works_as_it_is(athena, local_athena, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyathena

    for name, value in local_athena.env.items():
        monkeypatch.setenv(name, value)
    boto3.DEFAULT_SESSION = None
    connection = pyathena.connect(s3_staging_dir=f"s3://{athena.bucket}/pyathena/", schema_name=athena.database)
    cursor = connection.cursor()
    assert cursor.execute("select 1 a, date '2024-01-02' b, null c").fetchall()[0][0] == 1
    cursor.execute("show tables")
    assert isinstance(cursor.fetchall(), list)
