"""awswrangler, as data scientists call it."""

import boto3
import pytest
from querying import Athena

from athena_local.pytest_plugin import RunningAthena

pytestmark = pytest.mark.athena


@pytest.fixture
def read(athena: Athena, local_athena: RunningAthena, monkeypatch: pytest.MonkeyPatch):
    """`wr.athena.read_sql_query` in the test's database."""
    import awswrangler

    for name, value in local_athena.env.items():
        monkeypatch.setenv(name, value)

    def read(sql: str, **options):
        return awswrangler.athena.read_sql_query(
            sql,
            database=athena.database,
            s3_output=f"s3://{athena.bucket}/wrangler/",
            boto3_session=boto3.Session(),
            **options,
        )

    return read


def test_its_default_reads_the_rows(athena: Athena, read) -> None:
    athena.iceberg("seen", "select * from (values (1, 'a', 1.5), (2, 'b', null)) t(i, s, d)")
    frame = read("select * from seen order by i")
    assert frame[["i", "s"]].values.tolist() == [[1, "a"], [2, "b"]]
    assert frame["d"][0] == 1.5
    assert frame["d"].isna().tolist() == [False, True]
    assert read("select i from seen where s = ?", params=["'b'"], paramstyle="qmark")["i"].tolist() == [2]


def test_its_default_gives_an_empty_frame_its_columns(athena: Athena, read) -> None:
    athena.iceberg("none_seen", "select 1 i, 'x' s")
    frame = read("select * from none_seen where i = 9")
    assert frame.dtypes.astype(str).to_dict() == {"i": "Int32", "s": "string"}
    assert frame.empty


def test_its_default_cannot_read_microseconds_and_the_other_way_can(athena: Athena, read) -> None:
    from awswrangler.exceptions import QueryFailed

    athena.iceberg("timed", "select timestamp '2024-01-01 00:00:00.123456' t")
    with pytest.raises(QueryFailed, match="NOT_SUPPORTED: Incorrect timestamp precision for timestamp\\(6\\)"):
        read("select * from timed")
    assert str(read("select * from timed", ctas_approach=False)["t"][0]) == "2024-01-01 00:00:00.123456"


def test_its_prepared_statements(athena: Athena, read) -> None:
    from awswrangler import athena as wrangler

    for sql in ("select 1", "select ? + 1 as x"):  # the second changes the first
        wrangler.create_prepared_statement(sql, "wrangled")
    assert "wrangled" in [found["StatementName"] for found in wrangler.list_prepared_statements()]
    assert read("execute wrangled using 41", ctas_approach=False)["x"].tolist() == [42]
    wrangler.delete_prepared_statement("wrangled")
    assert "wrangled" not in [found["StatementName"] for found in wrangler.list_prepared_statements()]
