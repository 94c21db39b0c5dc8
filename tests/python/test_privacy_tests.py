"""The tests of the tests: each rule is broken on purpose, and the data test that guards it must fail."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

import duckdb
import pytest
from lakehouse import Lakehouse, copy_project


class Mutation(NamedTuple):
    """A change of one file of the project, and the data tests that must notice."""

    file: str
    old: str
    new: str
    caught_by: tuple[str, ...]
    also: tuple[tuple[str, str, str], ...] = ()


CONTRACT = (
    "models/curated/machine_learning_curated.yml",
    r"(    columns:\n)",
    "\\1      - {{name: {0}, data_type: varchar}}\n",
)

MUTATIONS = {
    "consent_ignored": Mutation(
        "models/trusted/customer_trusted.sql",
        r"\n        and ranked.has_consent",
        "",
        ("customer_trusted_has_only_consenting_participants",),
        (("models/trusted/customer_trusted.sql", r"\n    where state = 'consents'", ""),),
    ),
    # What decides stands twice, in int_consent and in the order of records, so both are broken.
    "first_record_instead_of_latest": Mutation(
        "macros/rules/deciding_record_first.sql",
        "last_update_date desc",
        "last_update_date",
        ("customer_trusted_has_only_consenting_participants",),
        (("models/staging/int_consent.sql", r"max\(case when not is_future", "min(case when not is_future"),),
    ),
    "consent_wins_ties": Mutation(
        "macros/rules/deciding_record_first.sql",
        "has_consent,",
        "has_consent desc,",
        ("customer_trusted_has_only_consenting_participants",),
        (("models/staging/int_consent.sql", r"bool_and\(", "bool_or("),),
    ),
    "rejected_lines_ignored": Mutation(
        "models/staging/int_consent.sql",
        r"            when named.landed_at >= decided.consent_landed_at then 'in_doubt'\n",
        "",
        ("customer_trusted_has_only_consenting_participants",),
    ),
    "children_let_in": Mutation(
        "models/staging/int_consent.sql",
        r"            when not decided.is_old_enough then 'below_minimum_age'\n",
        "",
        ("customer_trusted_has_nobody_below_the_minimum_age",),
        (("dbt_project.yml", "minimum_age: 0", "minimum_age: 60"),),
    ),
    "future_consent_counts": Mutation(
        "macros/rules/has_consent.sql",
        r" and \{\{ consent_date \}\} <= \{\{ build_clock\(\) \}\}\)",
        ")",
        ("customer_trusted_has_only_consenting_participants",),
    ),
    "email_column_in_training_set": Mutation(
        "models/curated/machine_learning_curated.sql",
        r"\{\{ dataset_split\(.*\) \}\} as dataset_split",
        r"cast('' as varchar) as email,\n        \g<0>",
        ("machine_learning_curated_has_no_column_of_personal_data",),
        ((CONTRACT[0], CONTRACT[1], CONTRACT[2].format("email")),),
    ),
    "serial_number_without_dashes_as_device": Mutation(
        "models/trusted/step_trainer_trusted.sql",
        r"        stg_step_trainer_reading\.device_id,\n        stg_step_trainer_reading\.sensor",
        "        (\n            select max(replace(serial_number, '-', ''))\n"
        "            from {{ ref('customer_trusted') }} as customer\n"
        "            where customer.device_id = device_trusted.device_id\n"
        "        ) as device_id,\n        stg_step_trainer_reading.sensor",
        ("step_trainer_trusted_has_no_personal_data_in_its_text",),
    ),
    "generalisation_stops_early": Mutation(
        "models/curated/customers_curated.sql",
        r"when people_0 >= \{\{ k \}\}",
        "when people_0 >= 1",
        ("customers_curated_is_k_anonymous",),
    ),
    "split_by_reading": Mutation(
        "models/curated/machine_learning_curated.sql",
        r"\{\{ dataset_split\(.*\) \}\} as",
        "case when step_trainer_trusted.distance_from_object % 2 = 0 then 'train' else 'test' end as",
        ("machine_learning_curated_has_one_split_per_participant",),
    ),
    "join_on_time_alone": Mutation(
        "models/curated/machine_learning_curated.sql",
        r"and step_trainer_trusted\.participant_id\s+= accelerometer_trusted\.participant_id",
        "",
        ("machine_learning_curated_pairs_readings_of_one_participant",),
    ),
    "bad_lines_dropped": Mutation(
        "models/staging/stg_accelerometer.sql",
        r"select \* from judged",
        "select * from judged where rejection_reason is null",
        ("stg_accelerometer_has_every_landing_line",),
    ),
    "repeats_kept": Mutation(
        "models/staging/stg_accelerometer_reading.sql",
        r"min\(loaded_at\) as loaded_at,\n        count\(\*\) as line_count\n(.*\n)    group by .*\n",
        "loaded_at,\n        cast(1 as bigint) as line_count\n\\1",
        ("stg_accelerometer_reading_has_no_repeats", "accelerometer_trusted_has_no_repeats"),
    ),
    "some_trusted_readings_forgotten": Mutation(
        "models/trusted/accelerometer_trusted.sql",
        r"    where\n        \{\{ is_within_consent\(",
        "    where\n        stg_accelerometer_reading.x > 0 and {{ is_within_consent(",
        ("accelerometer_trusted_matches_its_outcome",),
    ),
    "outcome_forgotten": Mutation(
        "models/audit/row_outcome.sql",
        r"from all_lines\n    group by",
        "from all_lines\n    where outcome <> 'unknown_device'\n    group by",
        ("row_outcome_accounts_for_every_line",),
    ),
    "shared_devices_attributed": Mutation(
        "models/staging/stg_device.sql",
        r"(?s)case\s+when\s+owners.first_participant_id.*?end",
        "'" + "0" * 32 + "'",
        ("stg_device_belongs_to_a_known_participant",),
    ),
}


def mutate(project: Path, file: str, old: str, new: str) -> None:
    path = project / file
    text, count = re.subn(old, new, path.read_text())
    assert count, f"{file} no longer has {old!r}: the mutation would test nothing"
    path.write_text(text)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the dbt project."""
    copy = tmp_path_factory.mktemp("project")
    copy_project(copy)
    return copy


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_broken_rule_is_caught(built: Lakehouse, project: Path, tmp_path: Path, name: str) -> None:
    mutation = MUTATIONS[name]
    shutil.copytree(project, tmp_path / "project")
    for file, old, new in ((mutation.file, mutation.old, mutation.new), *mutation.also):
        mutate(tmp_path / "project", file, old, new)
    shutil.copytree(built.vault, tmp_path / "vault")
    lakehouse = Lakehouse(tmp_path, built.landing, project=tmp_path / "project")
    # Not in one build, where a test that fails holds up the next table, and so its tests.
    lakehouse.dbt("run")
    done = lakehouse.dbt("test", "--select", *mutation.caught_by, check=False)
    assert done.returncode == 1, done.stdout
    for test in mutation.caught_by:
        assert re.search(rf"FAIL \d+ {test} ", done.stdout), f"{test} did not notice:\n{done.stdout}"


STRANGERS_ARE_NOTICED = {
    "trusted.device_trusted": "device_trusted_belongs_to_customer_trusted",
    "trusted.accelerometer_trusted": "accelerometer_trusted_belongs_to_customer_trusted",
    "trusted.step_trainer_trusted": "step_trainer_trusted_belongs_to_customer_trusted",
    "curated.customers_curated": "customers_curated_belongs_to_customer_trusted",
    "curated.machine_learning_curated": "machine_learning_curated_belongs_to_customer_trusted",
}


def test_a_stranger_is_noticed_in_every_table(built: Lakehouse, tmp_path: Path) -> None:
    """What only_consenting_participants says of customer_trusted holds for every table whose people are all in it."""
    shutil.copytree(built.folder, tmp_path / "copy", ignore=shutil.ignore_patterns("logs", "target"))
    copy = Lakehouse(tmp_path / "copy", str(tmp_path / "copy" / "landing"))
    with duckdb.connect(str(copy.database)) as connection:
        for table in STRANGERS_ARE_NOTICED:
            connection.execute(
                f"insert into stedi_{table} select * replace (repeat('f', 32) as participant_id) "
                f"from stedi_{table} limit 1"
            )
    done = copy.dbt("test", "--select", *STRANGERS_ARE_NOTICED.values(), check=False)
    assert set(re.findall(r"FAIL 1 (\w+) \.", done.stdout)) == set(STRANGERS_ARE_NOTICED.values()), done.stdout


def test_who_was_erased_is_noticed_wherever_a_row_is(built: Lakehouse) -> None:
    [(person, device)] = built.query("select participant_id, device_id from stedi_trusted.device_trusted limit 1")
    listed = built.vault / "erasure" / "list.txt"
    listed.parent.mkdir()
    names = (("participant", person), ("device", device))
    listed.write_text("".join(f"{kind}\1{name}\x012026-01-01 00:00:00\1\n" for kind, name in names))
    try:
        done = built.dbt("test", "--select", "nobody_who_was_erased_is_anywhere", check=False)
    finally:
        shutil.rmtree(listed.parent)
    [failures] = re.findall(r"FAIL (\d+) nobody_who_was_erased_is_anywhere", done.stdout)
    # models and summaries, by participant and by device; removals there are none
    assert int(failures) > 15, done.stdout


def test_the_same_tests_pass_when_nothing_is_broken(built: Lakehouse) -> None:
    names = {test for mutation in MUTATIONS.values() for test in mutation.caught_by} | set(
        STRANGERS_ARE_NOTICED.values()
    )
    done = built.dbt("test", "--select", *names)
    assert f"PASS={len(names) + 2} " in done.stdout  # and the hooks


# Columns that leak, by name: type, and SQL that makes their value. The texts are those of PEOPLE.
LEAKS = {
    "harmless": ("varchar", "'contact: ' || (select min(email) from {{ ref('customer_trusted') }})"),
    "contact_email": ("varchar", "'write to second.address@mail.example'"),
    "from_header": ("varchar", "'JO@MAIL.EXAMPLE'"),
    "full_width": ("varchar", "'seen: Ｍarjorie Featherstone'"),
    "without_punctuation": ("varchar", "'by marjoriefeatherstone, again'"),
    "born": ("varchar", "'born ' || (select cast(min(birth_day) as varchar) from {{ ref('customer_trusted') }})"),
    "birth_date": ("date", "(select min(birth_day) from {{ ref('customer_trusted') }})"),
    "born_at": (
        "timestamp(6)",
        "(select cast(min(birth_day) as timestamp) from {{ ref('customer_trusted') }})",
    ),
    "called": ("bigint", "cast(493012345678 as bigint)"),
    "measure": ("double", "cast(493012345678 as double)"),
    "in_a_sentence": ("varchar", "'the validation set'"),
    "other_split": ("varchar", "'validation'"),
    "too_long_to_search": ("varchar", "lpad('', 5000, '-')"),
}
HARMLESS = {
    "no_phone": ("bigint", "cast(4930123456789 as bigint)"),
    "no_birth_day": ("date", "date '1899-12-31'"),
    "longer_number": ("varchar", "'14930123456781'"),
    "is_new": ("boolean", "true"),
}
PEOPLE = [
    {"customerName": "Validation", "email": "Jo Doe <jo@mail.example>", "contactEmail": "second.address@mail.example"},
    {"customerName": "Unknown", "email": "an@mail.example", "phone": "+0049 (30) 123-45678"},
    {"customerName": "Customer", "email": "li@mail.example", "phone": "493012345678"},
    {"customerName": "Marjorie Featherstone", "email": "mf@mail.example"},
]


def test_personal_data_is_found_wherever_it_stands(built: Lakehouse, project: Path, tmp_path: Path) -> None:
    copy = tmp_path / "project"
    shutil.copytree(project, copy)
    declared = "          - {name: contactEmail, description: Another e-mail., config: {meta: {pii: true}}}\n"
    mutate(copy, "models/staging/sources.yml", r"( +- \{name: phone,)", declared + r"\1")
    columns = LEAKS | HARMLESS
    contract = "".join(f"      - {{name: {name}, data_type: {kind}}}\n" for name, (kind, _) in columns.items())
    mutate(copy, CONTRACT[0], CONTRACT[1], r"\1" + contract)
    model = copy / "models/curated/machine_learning_curated.sql"
    selected = "".join(f"        {sql} as {name},\n" for name, (_, sql) in columns.items())
    model.write_text(model.read_text().replace("        {{ dataset_split(", selected + "        {{ dataset_split(", 1))

    shutil.copytree(built.landing, tmp_path / "landing")
    shutil.copytree(built.vault, tmp_path / "vault")
    named = tmp_path / "landing/customer/landing/marjorie-featherstone.json"
    record = {"serialNumber": "none", "lastUpdateDate": 1640995200000}
    named.write_text("".join(json.dumps(record | person) + "\n" for person in PEOPLE))

    lakehouse = Lakehouse(tmp_path, str(tmp_path / "landing"), project=copy)
    lakehouse.dbt("run")
    tests = ["test_name:no_personal_data_values", "test_name:no_personal_data_columns"]
    done = lakehouse.dbt("test", "--select", *tests, check=False)
    outcomes = {name: outcome for outcome, name in re.findall(r"(PASS|FAIL \d+|WARN \d+|ERROR) (\w+) \.", done.stdout)}
    text = "machine_learning_curated_has_no_personal_data_in_its_text"
    assert {name: outcome for name, outcome in outcomes.items() if outcome != "PASS"} == {
        text: f"FAIL {len(LEAKS)}",
        "machine_learning_curated_has_no_column_of_personal_data": "FAIL 1",
        "stg_customer_reads_no_file_named_after_a_person": "WARN 1",
    }, done.stdout
    # The columns whose words the people called Validation and Unknown share are among those that pass.
    (compiled,) = (lakehouse.folder / "target/compiled").rglob(f"{text}.sql")
    with duckdb.connect(str(lakehouse.database), read_only=True) as connection:
        connection.create_function("stedi_nfkc", lambda given: normalize("NFKC", given), ["VARCHAR"], "VARCHAR")
        assert {name for name, _ in connection.execute(compiled.read_text()).fetchall()} == set(LEAKS)
    for table, column, word in [
        ("customers_curated", "age_band", "unknown"),
        ("machine_learning_curated", "dataset_split", "validation"),
    ]:
        assert lakehouse.query(f"select 1 from stedi_curated.{table} where {column} = '{word}' limit 1"), word
