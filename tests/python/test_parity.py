"""Both engines, row for row: the same landing through `athena` (on Local Athena) and `local`.

The Iceberg tables are read by DuckDB's iceberg extension, straight from S3 and Glue, not through the engine that wrote
them. `local` reads the same bucket, which also shows that it gives the same rows from `s3://` as from a folder.
"""

from __future__ import annotations

import contextlib
import time
from functools import cached_property
from pathlib import Path

import duckdb
import pytest
from duckdb_extensions import import_extension
from lakehouse import ZONE_OF, Lakehouse, assert_same_rows
from support import truth

from athena_local.pytest_plugin import RunningAthena
from stedi.vault import key_file

pytestmark = pytest.mark.athena


def forget_tables(athena: RunningAthena) -> None:
    """The catalog is one for all tests: what others built in it has another landing and another key."""
    glue = athena.client("glue")
    for database in glue.get_databases()["DatabaseList"]:
        for page in glue.get_paginator("get_tables").paginate(DatabaseName=database["Name"]):
            for table in page["TableList"]:
                glue.delete_table(DatabaseName=database["Name"], Name=table["Name"])


class Pair:
    """One landing on S3, built by both targets."""

    def __init__(self, athena: RunningAthena, folder: Path, landing: Path, *, in_order_of_time: bool = False) -> None:
        bucket = athena.bucket("stedi")
        s3 = athena.client("s3")
        landed = 0.0
        paths = [path for path in landing.rglob("*") if path.is_file() and path.parent != landing]
        for path in sorted(paths, key=lambda path: path.stat().st_mtime):
            # What landed at another time must have another time on S3, in whole seconds.
            if in_order_of_time and landed and path.stat().st_mtime > landed:
                time.sleep(1.1)
            landed = path.stat().st_mtime
            s3.upload_file(str(path), bucket, path.relative_to(landing).as_posix())
        workgroups = athena.client("athena")
        if "stedi" not in {group["Name"] for group in workgroups.list_work_groups()["WorkGroups"]}:
            workgroups.create_work_group(Name="stedi")
        env = athena.env | {"STEDI_BUCKET": bucket, "STEDI_POLL_INTERVAL": "0.05"}
        self.running = athena
        self.folder = Lakehouse(folder / "folder", str(landing))
        self.local = Lakehouse(folder / "local", f"s3://{bucket}", env=env)
        self.athena = Lakehouse(folder / "athena", "unused", env=env, target="athena")
        key = key_file(self.local.vault)
        key_file(self.folder.vault).write_bytes(key.read_bytes())
        s3.upload_file(str(key), bucket, "vault/pseudonym_key/key.hex")
        forget_tables(athena)
        self.athena.dbt("run-operation", "create_landing_tables")

    def tables(self) -> dict[str, dict]:
        """Glue's tables of every zone, by relation."""
        glue = self.running.client("glue")
        found = {}
        for zone in ("staging", "trusted", "curated", "audit"):
            with contextlib.suppress(glue.exceptions.EntityNotFoundException):
                pages = glue.get_paginator("get_tables").paginate(DatabaseName=f"stedi_{zone}")
                found |= {table["Name"]: table for page in pages for table in page["TableList"]}
        return found

    @cached_property
    def iceberg(self) -> duckdb.DuckDBPyConnection:
        """A DuckDB that reads Iceberg tables from this S3."""
        connection = duckdb.connect()
        for name in ("httpfs", "avro", "iceberg"):
            import_extension(name, con=connection)
            connection.execute(f"load {name}")
        connection.execute(
            "create secret (type s3, key_id 'test', secret 'test', region 'us-east-1', url_style 'path', "
            f"use_ssl false, endpoint '{self.running.endpoint_url.removeprefix('http://')}')"
        )
        return connection

    def iceberg_rows(self, relation: str) -> list[tuple]:
        location = self.tables()[relation]["Parameters"]["metadata_location"]
        columns = ", ".join(truth.COLUMNS[relation])
        return self.iceberg.execute(f"select {columns} from iceberg_scan('{location}')").fetchall()

    def assert_equal(self) -> None:
        for relation in ZONE_OF:
            rows = self.local.rows(relation)
            assert rows, f"{relation} is empty: the test would show nothing"
            assert_same_rows(relation, self.iceberg_rows(relation), rows)


def test_what_is_missing_on_aws_is_named_with_what_to_do(local_athena: RunningAthena, tmp_path: Path) -> None:
    bucket = local_athena.bucket("nothing")
    env = local_athena.env | {"STEDI_BUCKET": bucket, "STEDI_POLL_INTERVAL": "0.05"}
    forget_tables(local_athena)
    lakehouse = Lakehouse(tmp_path, "unused", env=env | {"STEDI_WORKGROUP": "nobodys"}, target="athena")
    assert "there is no Athena workgroup nobodys" in lakehouse.dbt("run", check=False).stdout
    lakehouse.env["STEDI_WORKGROUP"] = "stedi"
    assert "create_landing_tables" in lakehouse.dbt("run", check=False).stdout
    lakehouse.dbt("run-operation", "create_landing_tables")
    assert "there is no vault key at s3://" in lakehouse.dbt("run", check=False).stdout
    s3 = local_athena.client("s3")
    s3.upload_file(str(key_file(lakehouse.vault)), bucket, "vault/pseudonym_key/key.hex")
    done = lakehouse.dbt("run", "--select", "stg_customer", check=False)
    assert done.returncode != 0
    assert f"no landing files at s3://{bucket}/customer/landing/" in done.stdout
    lakehouse.env["STEDI_BUCKET"] = "nobodys"
    done = lakehouse.dbt("run", check=False)
    assert "there is no bucket nobodys" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_missing_bucket_setting_is_named(local_athena: RunningAthena, tmp_path: Path) -> None:
    lakehouse = Lakehouse(tmp_path, "unused", env=local_athena.env, target="athena")
    done = lakehouse.dbt("run", check=False)
    assert done.returncode != 0
    assert "STEDI_BUCKET" in done.stdout
