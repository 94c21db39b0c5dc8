"""Athena as a test sees it: one function that runs a statement."""

import time
from typing import Any
from uuid import uuid4

from athena_local.pytest_plugin import RunningAthena


class Query:
    """A finished query."""

    def __init__(self, client: Any, execution: dict[str, Any]) -> None:
        self._client = client
        self.execution = execution
        self.state: str = execution["Status"]["State"]
        self.reason: str = execution["Status"].get("StateChangeReason", "")

    @property
    def lines(self) -> list[tuple[str | None, ...]]:
        """All rows as they come, the header row included."""
        assert self.state == "SUCCEEDED", self.reason
        pages = self._client.get_paginator("get_query_results").paginate(
            QueryExecutionId=self.execution["QueryExecutionId"]
        )
        return [
            tuple(cell.get("VarCharValue") for cell in row["Data"])
            for page in pages
            for row in page["ResultSet"]["Rows"]
        ]

    @property
    def rows(self) -> list[tuple[str | None, ...]]:
        """The rows after the header."""
        return self.lines[1:]


class Athena:
    """A database and a bucket of one test module, and queries in them."""

    def __init__(self, local: RunningAthena) -> None:
        self.client = local.client("athena")
        self.s3 = local.client("s3")
        self.glue = local.client("glue")
        self.bucket = local.bucket()
        self.database = f"db_{uuid4().hex[:8]}"
        self.glue.create_database(DatabaseInput={"Name": self.database})

    def start(self, sql: str, **options: Any) -> str:
        return self.client.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Catalog": "awsdatacatalog", "Database": self.database},
            ResultConfiguration={"OutputLocation": f"s3://{self.bucket}/results/"},
            **options,
        )["QueryExecutionId"]

    def wait(self, execution_id: str) -> Query:
        while True:
            execution = self.client.get_query_execution(QueryExecutionId=execution_id)
            execution = execution["QueryExecution"]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return Query(self.client, execution)
            time.sleep(0.02)

    def __call__(self, sql: str, **options: Any) -> Query:
        """Run a statement that may fail."""
        return self.wait(self.start(sql, **options))

    def do(self, sql: str) -> Query:
        """Run a statement that must succeed."""
        query = self(sql)
        assert query.state == "SUCCEEDED", f"{sql}: {query.reason}"
        return query

    def iceberg(self, table: str, query: str, properties: str = "") -> None:
        """Create an Iceberg table from a query."""
        self.do(
            f"create table {table} with (table_type='iceberg', is_external=false, "
            f"location='s3://{self.bucket}/{table}/'{properties}) as {query}"
        )

    def keys(self, prefix: str) -> list[str]:
        """The keys in the bucket that begin with a prefix."""
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for item in found.get("Contents", [])]
