"""sqlfluff over the SQL Athena gets, offline.

The dbt templater compiles with the athena target, which asks AWS which tables exist. moto answers instead, with none.
Arguments are sqlfluff's own: ``python scripts/lint_sql.py lint models``.
"""

import os

os.environ |= {
    "AWS_ACCESS_KEY_ID": "lint",
    "AWS_SECRET_ACCESS_KEY": "lint",
    "AWS_REGION": "us-east-1",
    "STEDI_BUCKET": "lint",
}
os.environ.pop("AWS_ENDPOINT_URL", None)

from moto import mock_aws
from sqlfluff.cli.commands import cli

if __name__ == "__main__":
    with mock_aws():
        cli()
