"""sqlfluff over the SQL Athena gets, offline: the templater that `.sqlfluff` names.

The dbt templater compiles with the athena target, which asks AWS which tables exist. moto answers instead, with none.
So plain `sqlfluff lint`, as editors run it, needs no bucket and no credentials.
"""

from __future__ import annotations

import os
from typing import Any

from moto import mock_aws
from sqlfluff.core.plugin import hookimpl
from sqlfluff_templater_dbt.templater import DbtTemplater

NOBODY = {
    "AWS_ACCESS_KEY_ID": "lint",
    "AWS_SECRET_ACCESS_KEY": "lint",
    "AWS_REGION": "us-east-1",
    "STEDI_BUCKET": "lint",
}


class OfflineDbtTemplater(DbtTemplater):
    """dbt's templater in an account that has nothing in it."""

    name = "dbt_offline"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Answer for AWS from here on."""
        os.environ |= NOBODY
        os.environ.pop("AWS_ENDPOINT_URL", None)
        mock_aws().start()
        super().__init__(*arguments, **options)


@hookimpl
def get_templaters() -> list[type[DbtTemplater]]:
    """What this plugin brings."""
    return [OfflineDbtTemplater]
