"""A dbt-duckdb plugin: lets DuckDB read a landing on ``s3://`` with the usual ``AWS_*`` settings.

The httpfs extension comes from its package on PyPI, so nothing is downloaded at run time.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dbt.adapters.duckdb.plugins import BasePlugin

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Plugin(BasePlugin):
    """Loads httpfs and makes an S3 secret, only when ``STEDI_LANDING`` is on S3."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Prepare a new connection; nothing happens for a landing folder."""
        if os.environ.get("STEDI_LANDING", "").startswith("s3://"):
            enable_s3(conn)


def enable_s3(conn: DuckDBPyConnection) -> None:
    """Let ``conn`` read ``s3://``; credentials, region and endpoint as boto3 finds them.

    Raises ``RuntimeError`` when there are no AWS credentials.
    """
    import boto3
    from duckdb_extensions import import_extension

    session = boto3.Session()
    credentials = session.get_credentials()
    if credentials is None:
        raise RuntimeError(
            "STEDI_LANDING is on S3, but there are no AWS credentials: set AWS_PROFILE or AWS_ACCESS_KEY_ID"
        )
    frozen = credentials.get_frozen_credentials()
    import_extension("httpfs", con=conn)
    conn.execute("load httpfs")
    options = {
        "key_id": frozen.access_key,
        "secret": frozen.secret_key,
        "session_token": frozen.token or "",
        "region": session.region_name or "us-east-1",
    }
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        url = urlsplit(endpoint)
        options |= {
            "endpoint": url.netloc,
            "use_ssl": str(url.scheme == "https").lower(),
            "url_style": "path",
        }
    # Secrets live in memory only; DuckDB shows them redacted.
    quoted = ", ".join(f"{name} '{value.replace(chr(39), chr(39) * 2)}'" for name, value in options.items())
    conn.execute(f"create or replace temporary secret stedi_landing (type s3, {quoted})")
