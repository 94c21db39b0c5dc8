"""The whole lakehouse on DuckDB: generated data against the reference, real data against known answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from lakehouse import ZONE_OF, Lakehouse, assert_same_rows

from stedi.generate import generate_landing

VARIANTS = {
    "default": {},
    "since_consent": {"consent_scope": "since_consent"},
    "timestamp_only": {"ml_join": "timestamp_only"},
}
LINES = {"stg_customer": 956, "stg_accelerometer": 81_273, "stg_step_trainer": 28_680}
KNOWN = {
    "default": (482, 40_981, 14_460, 482, 40_981),
    "since_consent": (482, 32_025, 11_297, 464, 32_025),
    "timestamp_only": (482, 40_981, 14_460, 482, 43_681),
}


def variables(variant: str) -> list[str]:
    settings = ", ".join(f"{name}: {value}" for name, value in VARIANTS[variant].items())
    return ["--vars", "{" + settings + "}"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_table_equals_the_truth(tmp_path: Path, seed: int) -> None:
    generate_landing(tmp_path / "landing", seed=seed)
    lakehouse = Lakehouse(tmp_path, str(tmp_path / "landing"))
    # The other variants at one seed are enough: they differ in one condition each.
    for variant in VARIANTS if seed == 1 else ["default"]:
        lakehouse.dbt("run", *variables(variant))
        expected = lakehouse.expected(**VARIANTS[variant])
        for relation in ZONE_OF:
            assert expected[relation], f"{relation} is empty: the test would show nothing"
            assert_same_rows(relation, lakehouse.rows(relation), expected[relation])


@pytest.mark.parametrize("variant", VARIANTS)
def test_known_answers_on_real_data(tmp_path: Path, real_landing: Path, variant: str) -> None:
    lakehouse = Lakehouse(tmp_path, str(real_landing))
    lakehouse.build(*variables(variant))
    counts = lakehouse.counts()
    assert {name: counts.pop(name) for name in LINES} == LINES
    assert tuple(counts.values()) == KNOWN[variant]


def test_nobody_consenting_gives_empty_tables(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    for entity, line in {
        "customer": '{"email":"a@example.com","serialNumber":"s-1","lastUpdateDate":1735689600000}',
        "accelerometer": '{"user":"a@example.com","timestamp":1735689600000,"x":1,"y":0,"z":0}',
        "step_trainer": '{"sensorReadingTime":1735689600000,"serialNumber":"s-1","distanceFromObject":5}',
    }.items():
        folder = landing / entity / "landing"
        folder.mkdir(parents=True)
        (folder / "one.json").write_text(line + "\n")
    lakehouse = Lakehouse(tmp_path, str(landing))
    lakehouse.dbt("run")
    assert set(list(lakehouse.counts().values())[3:]) == {0}
    assert {row[1:] for row in lakehouse.rows("row_outcome")} == {("no_consent", 1)}


def test_every_unit_test_passes(built: Lakehouse) -> None:
    done = built.dbt("test", "--select", "test_type:unit")
    assert int(done.stdout.split("PASS=")[1].split()[0]) > 30


def test_the_key_is_nowhere_but_in_the_vault(built: Lakehouse) -> None:
    key = (built.vault / "pseudonym_key" / "key.hex").read_bytes().strip()
    for needle in (key, bytes.fromhex(key.decode())):
        for path in built.folder.rglob("*"):
            if path.is_file() and built.vault not in path.parents:
                assert needle not in path.read_bytes(), f"the key is in {path.name}"


def test_no_personal_data_in_logs_or_compiled_files(built: Lakehouse) -> None:
    people = {row[0].encode() for row in built.query("select email from stedi_trusted.customer_trusted")}
    assert people
    files = [p for folder in ("logs", "target") for p in (built.folder / folder).rglob("*") if p.is_file()]
    assert files
    for path in files:
        content = path.read_bytes()
        assert not [1 for person in people if person in content], f"personal data in {path.name}"
