"""What the data tests of the last build found, sorted by the promise each of them proves (docs/privacy.md)."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from dbt.contracts.graph.manifest import Manifest

ORDER = ("error", "fail", "warn", "pass", "skipped")
"""dbt's statuses of a test, the worst first."""


@dataclass(frozen=True)
class Check:
    """A data test that ran."""

    name: str
    kind: str
    """The generic test."""
    guards: str
    """The relation of which a test of kind `relationships` holds that it has everybody; empty for others."""
    status: str
    """One of `ORDER`."""
    failures: int
    description: str


@dataclass(frozen=True)
class Promise:
    """A promise, and the tests that prove it."""

    text: str
    proves: Callable[[Check], bool]


def _of(*kinds: str) -> Callable[[Check], bool]:
    return lambda check: check.kind in kinds


PROMISES = (
    Promise(
        "Nobody without a consent that stands is in a trusted or curated table.",
        lambda check: check.kind == "only_consenting_participants" or check.guards == "customer_trusted",
    ),
    Promise(
        "No e-mail, phone number, name, birth day or serial number is in a sensor table or a curated table.",
        _of("no_personal_data_columns", "no_personal_data_values"),
    ),
    Promise("People in customers_curated cannot be told apart by what it says of them.", _of("k_anonymous")),
    Promise(
        "Nobody is younger than the tables may hold, and nobody seems to be there twice.",
        _of("nobody_below_age", "nobody_is_there_twice"),
    ),
    Promise("Every training row is of one person.", _of("pairs_one_participant")),
    Promise("Nobody is in two splits of the training set.", _of("one_split_per_participant")),
    Promise(
        "Every landing line is accounted for.",
        _of(
            *("staging_has_every_landing_line", "no_unread_lines", "no_unreadable_landing_files"),
            *("documents_match_lines", "outcomes_sum_to_landing", "matches_trusted_outcome"),
        ),
    ),
    Promise(
        "No withdrawal may have been missed.",
        _of("no_rejected_lines", "every_email_reads", "nobody_in_doubt", "nobody_looks_like_who_refused"),
    ),
)
"""In the order in which they are shown. The last is a reason to look, and only warns."""


@dataclass(frozen=True)
class Results:
    """The results of one build."""

    variables: dict[str, Any] = field(default_factory=dict)
    """The variables that were typed."""
    finished: datetime | None = None
    """When dbt wrote them, UTC; None where there are none."""
    checks: tuple[Check, ...] = ()

    def of(self, promise: Promise) -> list[Check]:
        """The checks that prove `promise`, the worst first."""
        return sorted(filter(promise.proves, self.checks), key=lambda check: (ORDER.index(check.status), check.name))

    def others(self) -> list[Check]:
        """The checks that prove none of `PROMISES`."""
        return [check for check in self.checks if not any(promise.proves(check) for promise in PROMISES)]


def read_results(target: Path, build_id: str, manifest: Manifest) -> Results:
    """What dbt wrote down of the build `build_id` in its folder `target`; nothing, where it was another command."""
    try:
        written = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
        is_of_build = written["metadata"]["invocation_id"] == build_id
    except (OSError, ValueError, KeyError, TypeError):
        return Results()  # not there, or torn
    if not is_of_build:
        return Results()
    checks = (_check(result, manifest) for result in written["results"])
    return Results(
        variables=written["args"].get("vars") or {},
        finished=datetime.fromisoformat(written["metadata"]["generated_at"]).replace(tzinfo=None),
        checks=tuple(check for check in checks if check),
    )


def _check(result: dict[str, Any], manifest: Manifest) -> Check | None:
    node: Any = manifest.nodes.get(result["unique_id"])
    if node is None or node.resource_type != "test":
        return None
    generic = getattr(node, "test_metadata", None)  # a singular test has none
    to = str(generic.kwargs.get("to", "")) if generic and generic.name == "relationships" else ""
    guarded = re.search(r"ref\(['\"](\w+)", to)
    status = str(result["status"])
    return Check(
        name=node.name,
        kind=generic.name if generic else node.name,
        guards=guarded[1] if guarded else "",
        status=status if status in ORDER else "error",
        failures=int(result["failures"] or 0),
        description=" ".join((node.description or "").split()),
    )


def told(checks: Iterable[Check]) -> str:
    """Checks by what became of them, the worst first: `1 failed, 4 passed`; `not checked` where there are none."""
    words = {"error": "could not run", "fail": "failed", "warn": "warned", "pass": "passed", "skipped": "left out"}
    counts = Counter(check.status for check in checks)
    return ", ".join(f"{counts[status]:,} {words[status]}" for status in ORDER if counts[status]) or "not checked"


def worst(checks: Iterable[Check]) -> str:
    """The worst status among checks; `skipped` where there are none."""
    return min((check.status for check in checks), key=ORDER.index, default="skipped")
