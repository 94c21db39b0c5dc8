"""The page of the report: what the tables answer, in words, tables and charts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from stedi.alarms import NOT_MEASURED, text_of
from stedi.landing_files import PERSONAL
from stedi.outcomes import OUTCOMES, REASONS, REJECTIONS
from stedi.progress import number_of
from stedi.report.asking import Questions, Row
from stedi.report.charts import ASIDE, BAD, USED, Charts
from stedi.report.checks import PROMISES, Results, told, worst
from stedi.settings import ENTITIES, Settings
from stedi.summary import Built

MOST_BUILDS = 30
"""How many builds are shown, the latest."""

PEOPLE = {
    "people_registered": "registered",
    "people_agreed": "agreed",
    "people_trusted": "consent stands",
    "people_measured": "with accelerometer readings",
    "people_in_training_set": "in the training set",
}
"""Step of the funnel that counts people, to its name in the chart."""

STEPS = {
    "lines_landed": ("customer lines that landed", ""),
    "records_read": ("records that could be read", "rejected, or of somebody who was erased: the next section"),
    "people_registered": ("people who registered", ""),
    "people_agreed": ("people whose deciding record agrees", "do not share with research"),
    "people_trusted": ("people whose consent stands", "something stands against their consent, or they were too young"),
    "people_measured": ("people with accelerometer readings", "no accelerometer readings that may be used"),
    "people_in_training_set": (
        "people in the training set",
        "no step reading at the time of an acceleration of theirs, or a device that is not theirs alone",
    ),
    "training_rows": ("rows of the training set", ""),
}
"""Step of the funnel to what is counted, and why some of the step before are not among it."""

SPLITS = ("train", "validation", "test")

MEASURES = {
    "distance_from_object": ("Distance from the object", "distance, as the step trainer measures it"),
    "x": ("Acceleration along x", "x, as the phone measures it"),
    "y": ("Acceleration along y", "y, as the phone measures it"),
    "z": ("Acceleration along z", "z, as the phone measures it"),
    "accelerometer_readings": ("Accelerometer readings of a participant", "trusted readings"),
    "step_trainer_readings": ("Step readings of a participant", "trusted readings"),
}
"""Measure to the title of its chart, and its unit."""

ALARMS = {
    "nothing_read_of_entity": ("{} documents, where all are rejected", ""),
    "nothing_read_of_file": ("documents of a file of {}, where all are rejected", ""),
    "rejected_lines_of_entity": ("rejected lines of {}", "%"),
    "rejected_lines_of_file": ("rejected lines of a file of {}", "%"),
    "nameless_lines": ("{} documents that are rejected and name nobody", "%"),
    "nameless_lines_of_file": ("documents of a file of {} that are rejected and name nobody", "%"),
    "unread_customer_files": ("{} files that are not read", ""),
    "unreadable_consent_dates": ("{} consent dates that cannot be read", "%"),
    "readings_of_nobody": ("{} readings of nobody known, or of a shared device", "%"),
    "unpaired_readings": ("trusted step readings, where {} is empty", ""),
    "nearest_acceleration": ("nearest acceleration to a step reading, where {} is empty", "ms"),
    "empty_table": ("whether {} is empty", ""),
    "small_split": ("people that split {} has fewer than its share", "%"),
    "no_new_lines": ("time since {} lines landed", "hours"),
    "rows_lost": ("rows that left {} in the last build", "%"),
    "people_without_consent": ("people who do not consent", "%"),
    "erasure_overdue": ("age of the oldest of the {} for erasure", "days"),
}
"""Alarm to what is measured, and its unit."""


def render(
    questions: Questions,
    builds: list[Row],
    results: Results,
    variables: Mapping[str, Any],
    settings: Settings,
    built: Built,
    now: datetime,
) -> str:
    """The page as HTML.

    `builds` are the rows of the analysis of that name, the latest first; `now` is UTC without a zone.
    """
    charts, k = Charts(), max(2, int(variables["k_anonymity"]))
    people = _shown_people(k)
    environment = Environment(
        loader=PackageLoader("stedi.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "number": lambda n: f"{n:,}",
        "time": _time,
        "people": people,
        "words": _words,
    }
    environment.filters.update(filters)
    funnel = _funnel(questions, charts)
    return environment.get_template("report.html.j2").render(
        now=now,
        k=k,
        engine="DuckDB" if built.database else "Amazon Athena",
        consent_scope=variables["consent_scope"],
        ml_join=variables["ml_join"],
        landing=_place(str(builds[0]["landing"] or ""), settings),
        builds=_builds(builds, charts),
        funnel=funnel,
        outcomes=_outcomes(questions, charts),
        checks=_checks(results),
        alarms=_alarms(questions),
        groups=_groups(questions, charts, k),
        removals=_removals(questions),
        freshness=_freshness(questions, now),
        training=_training(questions, charts, people, funnel["counts"]),
        signal=_signal(questions, charts),
    )


def _funnel(questions: Questions, charts: Charts) -> dict[str, Any]:
    counts = {row["step"]: row["counted"] for row in questions.answer("consent_funnel")}
    steps, before = [], None
    for step, (text, why) in STEPS.items():
        lost = before - counts[step] if why and before is not None else 0
        steps.append({"text": text, "count": counts[step], "lost": lost, "why": why if lost else ""})
        before = counts[step]
    chart = charts.bars(
        [
            {"label": label, "value": counts[step], "text": f"{counts[step]:,}", "color": USED}
            for step, label in PEOPLE.items()
        ],
        "People at each step",
        says=_say((label, f"{counts[step]:,}") for step, label in PEOPLE.items()),
    )
    return {"counts": counts, "steps": steps, "chart": chart}


def _outcomes(questions: Questions, charts: Charts) -> dict[str, Any]:
    rows = questions.answer("line_outcomes")
    counts = {(row["entity"], row["outcome"]): row["line_count"] for row in rows}
    found = {row["outcome"] for row in rows}
    names = [*(name for name in OUTCOMES if name in found), *sorted(found - OUTCOMES.keys())]
    entities = [*ENTITIES, *sorted({row["entity"] for row in rows} - set(ENTITIES))]
    drawn = []
    for entity in entities:
        of = [(name, counts[entity, name]) for name in names if (entity, name) in counts]
        total = sum(count for _, count in of)
        bars = [
            {
                "label": _words(name),
                "value": count,
                "text": f"{count:,} ({_percent(count, total)})",
                "color": USED if name == "trusted" else BAD if name in REJECTIONS else ASIDE,
            }
            for name, count in of
        ]
        title = f"{_words(entity).capitalize()} lines"
        if bars:
            drawn.append(
                {
                    "title": title,
                    "svg": charts.bars(bars, title, says=_say((bar["label"], bar["text"]) for bar in bars)),
                }
            )
    return {
        "entities": entities,
        "rows": [
            (name, [counts.get((entity, name), 0) for entity in entities], OUTCOMES.get(name, "")) for name in names
        ],
        "used": [counts.get((entity, "trusted"), 0) for entity in entities],
        "totals": [sum(n for (of, _), n in counts.items() if of == entity) for entity in entities],
        "people_in_doubt": counts.get(("customer", "in_doubt"), 0),
        "in_doubt": [(entity, counts[entity, "in_doubt"]) for entity in entities if (entity, "in_doubt") in counts],
        "charts": drawn,
    }


def _checks(results: Results) -> dict[str, Any]:
    of = [(promise, results.of(promise)) for promise in PROMISES]
    return {
        "finished": results.finished,
        "failed": sum(check.status in ("error", "fail") for check in results.checks),
        "warned": sum(check.status == "warn" for check in results.checks),
        "count": len(results.checks),
        "promises": [
            {"text": promise.text, "told": told(checks), "status": worst(checks), "checks": checks}
            for promise, checks in of
        ],
        "others": told(results.others()),
        "bad": [check for check in results.checks if check.status in ("error", "fail")],
        "warnings": [check for check in results.checks if check.status == "warn"],
    }


def _alarms(questions: Questions) -> dict[str, Any]:
    rows = questions.answer("quality_alarms")
    raised = []
    for row in rows:
        subject, bound = _words(row["subject"]), row["warn_above" if row["level"] == "warn" else "error_above"]
        if row["level"] not in ("warn", "error"):
            continue
        if row["alarm"].endswith("_of_file"):
            subject = f"a {subject} file"
        text = text_of(row["alarm"], subject, row["measured"], bound)
        if row["measurement_count"] > 1:
            text = f"{number_of(row['measurement_count'], 'files')}, the worst of them: {text}"
        raised.append((row["level"], text))
    measured = []
    for row in rows:
        text, unit = ALARMS.get(row["alarm"], (row["alarm"] + " of {}", ""))
        measured.append(
            {
                "text": text.format(_words(row["subject"])),
                **{
                    name: "" if row[name] is None else f"{row[name]:,.{1 if unit == '%' else 0}f} {unit}".strip()
                    for name in ("measured", "warn_above", "error_above")
                },
                "level": row["level"],
            }
        )
    return {"raised": raised, "rows": measured, "unmeasured": sum(row["level"] == NOT_MEASURED for row in rows)}


def _groups(questions: Questions, charts: Charts, k: int) -> dict[str, Any]:
    sizes = Counter(row["people"] for row in questions.answer("k_anonymity_groups"))
    total = sum(size * count for size, count in sizes.items())
    return {
        "count": sum(sizes.values()),
        "people": total,
        "smallest": min(sizes, default=0),
        "largest": max(sizes, default=0),
        "sizes": sorted(sizes.items()),
        "chart": charts.columns(
            [{"x": size, "y": count, "color": USED if size >= k else BAD} for size, count in sorted(sizes.items())],
            "Groups by their size",
            x="people in a group",
            y="groups",
            says=_say((f"groups of {size:,}", f"{count:,}") for size, count in sorted(sizes.items())),
        )
        if sizes
        else None,
    }


def _builds(rows: list[Row], charts: Charts) -> dict[str, Any]:
    shown: list[Row] = []
    for row in rows[:MOST_BUILDS]:
        change = json.loads(row["changes"] or "{}").get("machine_learning_curated", {})
        added, removed = (change.get(way, {}) for way in ("added", "removed"))
        shown.append(
            {
                **row,
                "number": len(rows) - len(shown),
                "training_added": sum(added.values()),
                "training_removed": sum(removed.values()),
                "anew": "built_anew" in added,
                "why": [REASONS.get(reason, _words(reason)) for reason in sorted(removed)],
            }
        )
    # Of a table that was built anew the ledger has all rows as new.
    columns = [
        {"x": build["number"], "y": sign * build[name], "color": color}
        for build in reversed(shown)
        for name, sign, color in (("training_added", 1, USED), ("training_removed", -1, BAD))
        if build[name] or sign == 1
    ]
    return {
        "count": len(rows),
        "rows": shown,
        "last": shown[0],
        "chart": charts.columns(
            columns,
            "Rows that came and left, by build",
            x="build",
            y="rows of the training set",
            says=_say(
                (f"build {build['number']}", f"{build['training_added']:,} came, {build['training_removed']:,} left")
                for build in reversed(shown)
            ),
        ),
    }


def _removals(questions: Questions) -> list[Row]:
    return [
        {**row, "why": REASONS.get(row["reason"], _words(row["reason"]))}
        for row in questions.answer("removals_by_reason")
    ]


def _freshness(questions: Questions, now: datetime) -> list[Row]:
    return [{**row, "age": _age(now, row["last_loaded_at"])} for row in questions.answer("landing_freshness")]


def _training(questions: Questions, charts: Charts, people: Callable[[int], str], counts: Row) -> dict[str, Any]:
    before = questions.answer("training_rows_before_consent")[0]
    splits = questions.answer("rows_and_people_per_split")
    empty = [name for name in SPLITS if splits and name not in {row["dataset_split"] for row in splits}]
    nothing = {"row_count": 0, "people": 0, "percent_of_rows": 0.0}
    splits = [*splits, *({"dataset_split": name, **nothing} for name in empty)]
    bins: dict[str, list[Row]] = {}
    for row in questions.answer("distributions"):
        bins.setdefault(row["measure"], []).append({**row, "count": row["reading_count"]})
    drawn = []
    for measure in [*(m for m in MEASURES if m in bins), *sorted(bins.keys() - MEASURES.keys())]:
        title, unit = MEASURES.get(measure, (measure, ""))
        of_people = measure.endswith("_readings")
        shown = sum(row["count"] for row in bins[measure])
        drawn.append(
            {
                "title": title,
                "rows": bins[measure],
                "counted": "people" if of_people else "rows",
                "of_people": of_people,
                "shown": shown,
                "svg": charts.histogram(
                    bins[measure],
                    title,
                    unit=unit,
                    counted="people" if of_people else "rows",
                    says=_say((f"{r['bin_from']:g} to {r['bin_to']:g}", f"{r['count']:,}") for r in bins[measure]),
                ),
            }
        )
    return {
        "rows": counts["training_rows"],
        "before": before,
        "splits": splits,
        "empty_splits": empty,
        "split_chart": charts.bars(
            [
                {
                    "label": row["dataset_split"],
                    "value": row["row_count"],
                    "text": f"{row['row_count']:,} ({row['percent_of_rows']:.1f} %)" if row["row_count"] else "empty",
                    "color": USED,
                }
                for row in splits
            ],
            "Rows of each split",
            says=_say((row["dataset_split"], f"{row['row_count']:,} rows, {people(row['people'])}") for row in splits),
        )
        if splits
        else None,
        "distributions": drawn,
    }


def _signal(questions: Questions, charts: Charts) -> dict[str, Any] | None:
    rows = questions.ask((Path(__file__).parent / "one_signal.sql").read_text(encoding="utf-8"))
    if not rows:
        return None
    start = rows[0]["ms"]
    points = [
        {"seconds": (row["ms"] - start) / 1000, **{name: row[name] for name in ("distance", "x", "y", "z")}}
        for row in rows
    ]
    seconds = points[-1]["seconds"]
    return {
        "participant": rows[0]["participant_id"],
        "rows": sum(row["row_count"] for row in rows),
        "times": len(rows),
        "seconds": seconds,
        "svg": charts.signals(
            points,
            "One participant's aligned signals",
            panels={"distance": "distance*", "x": "x*", "y": "y*", "z": "z*"},
            says=f"distance and acceleration at {len(rows):,} times over {seconds:.0f} seconds, one above the other",
        ),
    }


def _place(landing: str, settings: Settings) -> str:
    """Where a landing is; no part that may name a person, as in `source_file`."""
    path = Path(landing)
    if "://" not in landing and path.is_relative_to(settings.project):
        landing = str(path.relative_to(settings.project))
    return "/".join("…" if PERSONAL.search(part) else part for part in landing.split("/"))


def _shown_people(k: int) -> Callable[[int], str]:
    """How many people, where they are counted by something about them: fewer than `k` are no number."""

    def shown(people: int) -> str:
        return f"fewer than {k} people" if 0 < people < k else number_of(people, "people")

    return shown


def _words(name: str) -> str:
    """A name of a column, an outcome or an entity as one says it."""
    return name.replace("_", " ").replace("json", "JSON").replace("email", "e-mail")


def _say(pairs: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{name}: {text}" for name, text in pairs)


def _percent(part: float, whole: float) -> str:
    share = 100 * part / whole if whole else 0
    return "under 0.1 %" if 0 < share < 0.05 else f"{share:.1f} %"


def _time(moment: datetime) -> str:
    return f"{moment:%d %B %Y, %H:%M} UTC".lstrip("0")


def _age(now: datetime, then: datetime) -> str:
    hours = (now - then).total_seconds() / 3600
    return number_of(round(hours / 24), "days") if hours >= 48 else number_of(max(0, round(hours)), "hours")
