"""The analyses as Athena's saved queries."""

from __future__ import annotations

from typing import Any, NamedTuple

MOST_DESCRIBED = 1024  # characters, Athena's limit


class Query(NamedTuple):
    """A query to save."""

    name: str
    description: str
    sql: str


def save_queries(athena: Any, workgroup: str, database: str, queries: list[Query]) -> int:
    """Save queries in a workgroup, each over the one of its name; how many were not there as they are."""
    pages = athena.get_paginator("list_named_queries").paginate(WorkGroup=workgroup)
    ids = [name for page in pages for name in page["NamedQueryIds"]]
    there = {query["Name"]: query for query in (athena.get_named_query(NamedQueryId=i)["NamedQuery"] for i in ids)}
    saved = 0
    for name, described, sql in queries:
        description = " ".join(described.split())[:MOST_DESCRIBED]
        found = there.get(name)
        if found is None:
            athena.create_named_query(
                Name=name, Description=description, Database=database, QueryString=sql, WorkGroup=workgroup
            )
        elif (found.get("Description"), found["QueryString"]) != (description, sql):
            athena.update_named_query(
                NamedQueryId=found["NamedQueryId"], Name=name, Description=description, QueryString=sql
            )
        else:
            continue
        saved += 1
    return saved
