"""The reference against answers worked out by hand from docs/rules.md, rule by rule."""

from __future__ import annotations

import gzip
import hmac
import json
import os
from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import truth

KEY = bytes(range(32))
NOW = datetime(2026, 1, 1)
T0 = 1_700_000_000_000  # 2023-11-14 22:13:20 UTC
LANDED = 1_750_000_000


def pseudonym(text: str) -> str:
    return hmac.new(KEY, text.encode(), "sha256").hexdigest()[:32]


def at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).replace(tzinfo=None)


def customer(name: str, updated: int = T0, consent: object = T0, **fields: object) -> dict:
    record = {
        "customerName": name, "email": f"{name}@example.com", "phone": "1", "birthDay": "1980-06-15",
        "serialNumber": f"device-{name}", "registrationDate": T0, "lastUpdateDate": updated,
        "shareWithResearchAsOfDate": consent,
    }  # fmt: skip
    return record | fields


def accelerometer(name: str, time: int = T0, x: float = 1, **fields: object) -> dict:
    return {"user": f"{name}@example.com", "timestamp": time, "x": x, "y": 0, "z": 0} | fields


def step(name: str, time: int = T0, distance: int = 200, **fields: object) -> dict:
    return {"sensorReadingTime": time, "serialNumber": f"device-{name}", "distanceFromObject": distance} | fields


class Landing:
    """A landing folder in which each call of `add` is a file, landed a second after the one before."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = 0

    def add(self, entity: str, *documents: dict | bytes, name: str = "") -> Landing:
        lines = [d if isinstance(d, bytes) else json.dumps(d).encode() for d in documents]
        path = self.root / entity / "landing" / (name or f"{self.files:03}.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        content = b"\n".join(lines)
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        os.utime(path, (LANDED + self.files, LANDED + self.files + 0.9))
        self.files += 1
        return self

    def expected(self, **options) -> dict[str, list[tuple]]:
        return truth.expected(self.root, KEY, **({"now": NOW} | options))

    def outcomes(self, entity: str, **options) -> dict[str, int]:
        rows = self.expected(**options)["row_outcome"]
        return {outcome: count for of, outcome, count in rows if of == entity}


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path)


# Reading a line

GOOD = json.dumps(step("a")).encode()


@pytest.mark.parametrize(
    "line",
    [
        GOOD,
        GOOD + b"\r",
        GOOD + b",",
        GOOD + b" ,\r",
        b"\xef\xbb\xbf" + GOOD,
        b" \t\xef\xbb\xbf " + GOOD + b" \xef\xbb\xbf\t",
        GOOD[:-1] + b', "serialNumber": "second", "sensorReadingTime": null}',
        GOOD[:-1] + b', "other": {"serialNumber": [1, {"a": 1e999}]}}',
        GOOD.replace(b"200", b'"200"'),
        GOOD.replace(b"200", b'"+0200"'),
        GOOD[:-1] + b', "other": "\\ud83d\\ude00"}',
    ],
)
def test_lines_that_say_the_same(landing: Landing, line: bytes) -> None:
    row = landing.add("step_trainer", line).expected()["stg_step_trainer"]
    loaded_at = at(LANDED * 1000)
    assert row == [(pseudonym("device-a"), at(T0), 200, "step_trainer/landing/000.json", loaded_at, None)]


@pytest.mark.parametrize(
    "line",
    [
        GOOD[:-5],
        GOOD[:-1] + b",}",
        GOOD + GOOD,
        GOOD + b",,",
        b"[" + GOOD + b"]",
        b'"text"',
        b"null",
        b"bare",
        b",",
        b"[" * 5000,
        GOOD[:-1] + b', "other": NaN}',
        GOOD[:-1] + b', "other": -Infinity}',
        GOOD[:-1] + b', "other": 01}',
        GOOD[:-1] + b', "other": "\xff"}',
        GOOD[:-1] + b', "other": "\xed\xa0\x80"}',
        GOOD[:-1] + b', "other": "a\tb"}',
        GOOD[:-1] + b', "other": ["\\ud800"]}',
        GOOD[:-1] + b', "\\uDC00": 1}',
        GOOD[:-1] + b', "other": 1, "other": "\\udfff"}',
    ],
)
def test_malformed_lines(landing: Landing, line: bytes) -> None:
    rows = landing.add("step_trainer", line, GOOD).expected()["stg_step_trainer"]
    assert [row[0:3] + row[-1:] for row in rows] == [
        (None, None, None, "malformed_json"),
        (pseudonym("device-a"), at(T0), 200, None),
    ]


def test_blank_lines_are_no_lines(landing: Landing) -> None:
    landing.add("step_trainer", b"", b" \t\r", b"\xef\xbb\xbf", b"\xef\xbb\xbf " * 3000, b"")
    assert landing.expected()["stg_step_trainer"] == []


def test_a_carriage_return_alone_ends_a_line(landing: Landing) -> None:
    landing.add("step_trainer", GOOD + b"\r" + GOOD + b",\r\r\n" + GOOD[:20] + b"\r" + GOOD[20:])
    assert landing.outcomes("step_trainer") == {"unknown_device": 1, "repeat": 1, "malformed_json": 2}


def test_hidden_files_are_not_read_and_gzipped_ones_are(landing: Landing) -> None:
    for name in ("_ignored.json", ".hidden.json", "a.json.gz", "empty.json"):
        landing.add("step_trainer", *([] if name == "empty.json" else [GOOD]), name=name)
    (landing.root / "step_trainer" / "landing" / "folder").mkdir()
    rows = landing.expected()["stg_step_trainer"]
    assert [row[3:5] for row in rows] == [("step_trainer/landing/a.json.gz", at((LANDED + 2) * 1000))]


@given(st.binary(max_size=60))
def test_any_bytes_are_a_document_or_malformed(raw: bytes) -> None:
    document = truth.parse(raw)
    assert document is None or isinstance(json.loads(raw.decode().rstrip(" \t\r,")), dict)


# Reading a value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" A@B.C ", "a@b.c"),
        ("\u00a0\u3000A\u2003\n", "a"),
        ("\u001cA", "\u001ca"),
        ("\u0130\u03a3", "i\u03c3"),
        ("\u1e9e", "\u00df"),
        (" \u00a0", None),
        ("", None),
        (None, None),
    ],
)
def test_normalise(value: str | None, expected: str | None) -> None:
    assert truth.normalise(value) == expected


@given(st.text())
def test_normalising_twice_changes_nothing(value: str) -> None:
    assert truth.normalise(truth.normalise(value)) == truth.normalise(value)


@given(st.integers(-(2**65), 2**65))
def test_whole_numbers_are_those_of_64_bits(number: int) -> None:
    assert truth.whole_number(str(number)) == (number if -(2**63) <= number < 2**63 else None)


@pytest.mark.parametrize("text", ["5.0", "5e3", " 5", "5\n", "--5", "+", "\u0665", "0x5", "1_0", None])
def test_not_whole_numbers(text: str | None) -> None:
    assert truth.whole_number(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("946684800000", datetime(2000, 1, 1)),
        ("4102444800000", datetime(2100, 1, 1)),
        ("1700000000123", datetime(2023, 11, 14, 22, 13, 20, 123_000)),
        ("946684799999", None),
        ("4102444800001", None),
        ("0", None),
        ("soon", None),
        (None, None),
    ],
)
def test_time(text: str | None, expected: datetime | None) -> None:
    assert truth.time(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1", 1.0), ("-0.5", -0.5), (".5", 0.5), ("1e3", 1000.0), ("1E-2", 0.01), ("-0", 0.0), ("-1e-400", 0.0)],
)
def test_measurement(text: str, expected: float) -> None:
    assert str(truth.measurement(text)) == str(expected)


@pytest.mark.parametrize("text", ["NaN", "inf", "-Infinity", "1e400", "east", "", ".", " 1", "1 ", "1,5", "true", None])
def test_not_a_measurement(text: str | None) -> None:
    assert truth.measurement(text) is None


def test_distance() -> None:
    texts = ["0", "-0", "2147483647", "2147483648", "-1", "1.0"]
    assert [truth.distance(text) for text in texts] == [0, 0, 2147483647, None, None, None]


def test_birth_day() -> None:
    texts = ["1399-01-01", "2000-02-29", "2001-02-29", "2001-2-03", "", "20010203", "17 May 1980", None]
    assert [truth.day(text) for text in texts] == [date(1399, 1, 1), date(2000, 2, 29), *[None] * 6]


def test_numbers_are_text_as_spelled_and_nested_values_are_none(landing: Landing) -> None:
    landing.add(
        "customer", b'{"customerName": 5, "phone": true, "email": "a"}', b'{"customerName": {"a": 1}, "phone": []}'
    )
    assert [row[2:5:2] for row in landing.expected()["stg_customer"]] == [("5", "true"), (None, None)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"timestamp": T0}, at(T0)),
        ({"timeStamp": T0}, at(T0)),
        ({"timestamp": T0, "timeStamp": T0 + 1}, at(T0)),
        ({"timestamp": None, "timeStamp": T0}, at(T0)),
        ({"timestamp": 0, "timeStamp": T0}, None),
        ({"timestamp": f"{T0}.0"}, None),
        ({}, None),
    ],
)
def test_accelerometer_time(landing: Landing, fields: dict, expected: datetime | None) -> None:
    landing.add("accelerometer", {"user": "a", "x": 0, "y": 0, "z": 0} | fields)
    assert landing.expected()["stg_accelerometer"][0].reading_time == expected


# Rejection


@pytest.mark.parametrize(
    ("entity", "document", "reason"),
    [
        ("customer", customer("a", email=" ", serialNumber=None, updated=0), "missing_email"),
        ("customer", customer("a", serialNumber="", updated=0), "missing_serial_number"),
        ("customer", customer("a", updated=0), "invalid_timestamp"),
        ("customer", customer("a", consent="soon", registrationDate="x", birthDay="y"), None),
        ("accelerometer", accelerometer("a", 0, user=["a"], x="east"), "missing_email"),
        ("accelerometer", accelerometer("a", 0, x="east"), "invalid_timestamp"),
        ("accelerometer", accelerometer("a", z="1e400"), "invalid_measurement"),
        ("step_trainer", step("a", 0, -1, serialNumber={}), "missing_serial_number"),
        ("step_trainer", step("a", 0, -1), "invalid_timestamp"),
        ("step_trainer", step("a", T0, -1), "invalid_measurement"),
    ],
)
def test_the_first_reason_counts(landing: Landing, entity: str, document: dict, reason: str | None) -> None:
    assert landing.add(entity, document).expected()[f"stg_{entity}"][0].rejection_reason == reason


def test_a_rejected_row_keeps_what_could_be_read(landing: Landing) -> None:
    row = landing.add("accelerometer", accelerometer("a", y="east", z=-2)).expected()["stg_accelerometer"][0]
    assert row[:5] == (pseudonym("a@example.com"), at(T0), 1.0, None, -2.0)


# Consent


@pytest.mark.parametrize(
    ("records", "trusted"),
    [
        ([customer("a", 1)], 0),  # lastUpdateDate of 1970: rejected
        ([customer("a")], 1),
        ([customer("a", consent=None)], 0),
        ([customer("a", consent=0)], 0),
        ([customer("a", consent="soon")], 0),
        ([customer("a", consent=4_070_908_800_000)], 0),  # 2099
        ([customer("a"), customer("a", T0 + 1, None)], 0),
        ([customer("a", consent=None), customer("a", T0 + 1)], 1),
        ([customer("a"), customer("a", T0 + 1, None), customer("a", T0 + 2)], 1),
        ([customer("a", T0 + 1, None), customer("a")], 0),  # the older record arrives later
        ([customer("a"), customer("a", consent=None)], 0),  # a tie
        ([customer("a"), customer("a", T0 + 1, None, email=" A@Example.COM\u00a0")], 0),
        ([customer("a"), customer("a", T0 + 1, None, registrationDate="unknown")], 0),
        ([customer("a"), customer("a", T0 + 1, None, serialNumber="")], 1),  # rejected: does not decide
    ],
)
def test_the_latest_good_record_decides(landing: Landing, records: list[dict], trusted: int) -> None:
    assert len(landing.add("customer", *records).expected()["customer_trusted"]) == trusted


def test_consent_begins_at_its_moment(landing: Landing) -> None:
    landing.add("customer", customer("a", consent=T0))
    assert len(landing.expected(now=at(T0))["customer_trusted"]) == 1
    assert len(landing.expected(now=at(T0 - 1))["customer_trusted"]) == 0
    elsewhere = at(T0).replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=9)))
    assert len(landing.expected(now=elsewhere)["customer_trusted"]) == 1


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        ({"consent": T0 + 5, "serialNumber": "z"}, {"consent": T0, "serialNumber": "a"}),
        ({"serialNumber": "a", "customerName": "z"}, {"serialNumber": "b", "customerName": None}),
        ({"customerName": None, "phone": "z"}, {"customerName": "a", "phone": None}),
        ({"phone": "1", "birthDay": "1990-01-01"}, {"phone": "2", "birthDay": None}),
        ({"birthDay": None, "registrationDate": T0 + 9}, {"registrationDate": T0}),
        ({"birthDay": "1399-01-01", "registrationDate": T0 + 9}, {"registrationDate": T0}),
        ({"registrationDate": T0 - 1, "shareWithPublicAsOfDate": T0}, {"shareWithPublicAsOfDate": None}),
        ({"shareWithFriendsAsOfDate": T0}, {"shareWithPublicAsOfDate": T0}),
        ({}, {"shareWithFriendsAsOfDate": T0}),
    ],
)
def test_ties_among_consenting_records(landing: Landing, winner: dict, loser: dict) -> None:
    landing.add("customer", customer("a", **loser)).add("customer", customer("a", **winner))
    both = landing.expected()
    assert landing.outcomes("customer") == {"trusted": 1, "superseded": 1}
    alone = Landing(landing.root / "alone").add("customer", customer("a", **winner)).expected()
    assert both["customer_trusted"][0][:-1] == alone["customer_trusted"][0][:-1]


# Whose device, repeats, outcomes


def test_a_row_in_several_files_carries_the_earliest_landing(landing: Landing) -> None:
    for _ in range(2):
        landing.add("customer", customer("a"), name=f"z{5 - landing.files}.json")
        landing.add("accelerometer", accelerometer("a"), name=f"z{5 - landing.files}.json")
        landing.add("step_trainer", step("a"), step("a"), name=f"z{5 - landing.files}.json")
    expected = landing.expected()
    landed = [expected[name][0][-1] for name in ("customer_trusted", "accelerometer_trusted", "step_trainer_trusted")]
    assert landed == [at((LANDED + second) * 1000) for second in range(3)]
    assert landing.outcomes("customer") == {"trusted": 1, "repeat": 1}
    assert landing.outcomes("accelerometer") == {"trusted": 1, "repeat": 1}
    assert landing.outcomes("step_trainer") == {"trusted": 1, "repeat": 3}


def test_of_equal_lines_of_an_unknown_person_one_is_unknown(landing: Landing) -> None:
    landing.add("accelerometer", *[accelerometer("nobody")] * 5)
    assert landing.outcomes("accelerometer") == {"repeat": 4, "unknown_customer": 1}


def test_minus_zero_repeats_zero(landing: Landing) -> None:
    landing.add("accelerometer", accelerometer("a", x=-0.0), accelerometer("a", x=0))
    assert landing.outcomes("accelerometer") == {"repeat": 1, "unknown_customer": 1}


def test_a_device_of_two_people_is_nobodys(landing: Landing) -> None:
    landing.add("customer", customer("a"), customer("b", consent=None, serialNumber=" DEVICE-A"))
    landing.add("customer", customer("b", T0 + 1))  # the old record still names the device
    landing.add("accelerometer", accelerometer("a"), accelerometer("b"))
    landing.add("step_trainer", step("a"), step("b"), step("c"))
    assert landing.outcomes("step_trainer") == {"ambiguous_device": 1, "trusted": 1, "unknown_device": 1}


def test_a_rejected_record_names_no_device(landing: Landing) -> None:
    landing.add("customer", customer("a"), customer("b", 0, serialNumber="device-a"))
    landing.add("accelerometer", accelerometer("a"), accelerometer("b"))
    landing.add("step_trainer", step("a"))
    assert landing.outcomes("step_trainer") == {"trusted": 1}
    assert landing.outcomes("accelerometer") == {"trusted": 1, "unknown_customer": 1}


def test_both_devices_of_one_person_are_hers(landing: Landing) -> None:
    landing.add("customer", customer("a"), customer("a", T0 + 1, serialNumber="new"))
    landing.add("accelerometer", accelerometer("a"))
    landing.add("step_trainer", step("a"), step("a", serialNumber="NEW"))
    rows = landing.expected()["step_trainer_trusted"]
    person = pseudonym("a@example.com")
    assert {row[:2] for row in rows} == {(person, pseudonym("device-a")), (person, pseudonym("new"))}


def test_no_consent_comes_before_no_accelerometer_data(landing: Landing) -> None:
    landing.add("customer", customer("a"), customer("b", consent=None))
    landing.add("accelerometer", accelerometer("b"))
    landing.add("step_trainer", step("a"), step("b"))
    assert landing.outcomes("step_trainer") == {"no_accelerometer_data": 1, "no_consent": 1}
    assert landing.outcomes("accelerometer") == {"no_consent": 1}
    assert landing.expected()["customers_curated"] == []


def test_since_consent_admits_the_moment_of_consent(landing: Landing) -> None:
    landing.add("customer", customer("a"), customer("b", consent=T0 + 10))
    landing.add("accelerometer", accelerometer("a", T0 - 1), accelerometer("a"), accelerometer("b"))
    landing.add("step_trainer", step("a", T0 - 1), step("a"), step("b", T0), step("b", T0 + 10))
    assert landing.outcomes("accelerometer") == {"trusted": 3}
    since = {"consent_scope": "since_consent"}
    assert landing.outcomes("accelerometer", **since) == {"trusted": 1, "before_consent": 2}
    # b's phone has nothing left, so b's step after consent has no partner.
    assert landing.outcomes("step_trainer", **since) == {
        "trusted": 1, "before_consent": 2, "no_accelerometer_data": 1,
    }  # fmt: skip


@pytest.mark.parametrize("options", [{"consent_scope": "x"}, {"ml_join": "x"}])
def test_unknown_options_are_refused(landing: Landing, options: dict) -> None:
    with pytest.raises(ValueError, match="x"):
        landing.expected(**options)


# Curated


def test_pairs_are_of_one_person_unless_time_alone_decides(landing: Landing) -> None:
    landing.add("customer", customer("a"), customer("b"))
    landing.add("accelerometer", accelerometer("a"), accelerometer("a", x=2), accelerometer("b", x=3))
    landing.add("accelerometer", accelerometer("b", T0 + 1))
    landing.add("step_trainer", step("a"))
    person = pseudonym("a@example.com")
    split = truth.dataset_split(person)
    right = {(person, at(T0), 200, x, 0.0, 0.0, split) for x in (1.0, 2.0)}
    assert set(landing.expected()["machine_learning_curated"]) == right
    mixed = landing.expected(ml_join="timestamp_only")["machine_learning_curated"]
    assert set(mixed) == right | {(person, at(T0), 200, 3.0, 0.0, 0.0, split)}


@pytest.mark.parametrize(
    ("start", "split"),
    [
        ("0" * 32, "train"),
        ("c" * 31 + "b", "train"),
        ("c" * 31 + "d", "validation"),
        ("e" + "6" * 30 + "5", "validation"),
        ("e" + "6" * 30 + "7", "test"),
        ("f" * 32, "test"),
    ],
)
def test_dataset_split(start: str, split: str) -> None:
    assert truth.dataset_split(start) == split


def test_customers_curated(landing: Landing) -> None:
    landing.add("customer", customer("a", consent=T0 + 86_400_000))
    landing.add("accelerometer", accelerometer("a", T0 + 5), accelerometer("a", T0 + 9))
    row = (pseudonym("a@example.com"), "40-49", "2023-11", date(2023, 11, 15), 2, 0, at(T0 + 5), at(T0 + 9))
    assert landing.expected(k_anonymity=1)["customers_curated"] == [row]
    landing.add("step_trainer", step("a", T0 + 1), step("a", T0 + 20))
    row = (row[0], "all", "all", row[3], 2, 2, at(T0 + 1), at(T0 + 20))
    assert landing.expected()["customers_curated"] == [row]


@pytest.mark.parametrize(
    ("born", "registered", "age"),
    [
        (date(1980, 6, 15), datetime(2020, 6, 14, 23, 59), 39),
        (date(1980, 6, 15), datetime(2020, 6, 15), 40),
        (date(2000, 2, 29), datetime(2023, 2, 28), 22),
        (date(2020, 6, 15), datetime(2020, 6, 15), 0),
        (date(2020, 6, 16), datetime(2020, 6, 15), None),
        (date(1900, 1, 1), datetime(2020, 12, 31), 120),
        (date(1900, 1, 1), datetime(2021, 1, 1), None),
        (date(1399, 1, 1), datetime(2020, 1, 1), None),
        (None, datetime(2020, 1, 1), None),
        (date(1980, 1, 1), None, None),
    ],
)
def test_age(born: date | None, registered: datetime | None, age: int | None) -> None:
    assert truth.age_at(born, registered) == age


def people(**groups: tuple[int, int, str | None]) -> dict:
    """Name to (how many, age, month `2022-06` or None) as `generalise` wants them."""
    return {
        f"{name}{number}": (
            date(2000 - age, 1, 1) if age >= 0 else None,
            datetime.strptime(month, "%Y-%m") if month else None,
        )
        for name, (count, age, month) in groups.items()
        for number in range(count)
    }


def bands(k: int, **groups: tuple[int, int, str | None]) -> dict[tuple[str, str], int]:
    return dict(Counter(truth.generalise(people(**groups), k).values()))


def test_each_level_of_k_anonymity() -> None:
    # Born on 1 January of 2000 - age: 22 years older than `age` in 2022.
    assert bands(
        2,
        stays=(2, 10, "2022-06"),  # 32
        twenty=(1, 20, "2022-07"),  # 42 ...
        years=(1, 30, "2022-08"),  # ... and 52, of one quarter
        far=(1, 0, "2022-01"),  # 22 ...
        apart=(1, 60, "2022-12"),  # ... and 82, of one year
        old=(1, 10, "2020-05"),
        older=(1, 10, "2019-05"),
    ) == {
        ("30-39", "2022-06"): 2, ("40-59", "2022-Q3"): 2, ("all", "2022"): 2, ("all", "all"): 2,
    }  # fmt: skip


def test_unknown_stays_unknown_up_to_all() -> None:
    assert bands(2, a=(2, -1, "2022-06"), b=(2, 10, None), c=(1, -1, "2023-01"), d=(1, -1, "2023-06")) == {
        ("unknown", "2022-06"): 2, ("unknown", "unknown"): 2, ("all", "2023"): 2,
    }  # fmt: skip


def test_the_smallest_group_joins_a_remainder_below_k() -> None:
    assert bands(3, big=(4, 10, "2022-06"), small=(3, 30, "2022-06"), odd=(1, 10, "2019-01")) == {
        ("30-39", "2022-06"): 4, ("all", "all"): 4,
    }  # fmt: skip


def test_of_groups_of_one_size_the_finer_joins() -> None:
    # 2021: 31 and 41 in different quarters meet at level 2.
    assert bands(2, a=(2, 30, "2022-06"), b=(1, 10, "2021-01"), c=(1, 20, "2021-12"), odd=(1, 10, "2019-01")) == {
        ("all", "2021"): 2, ("all", "all"): 3,
    }  # fmt: skip


def test_of_groups_of_one_size_and_level_the_first_band_then_month_joins() -> None:
    odd = (1, 10, "2019-01")
    assert set(bands(2, a=(2, 30, "2022-05"), b=(2, 10, "2022-06"), odd=odd)) == {
        ("50-59", "2022-05"), ("all", "all"),
    }  # fmt: skip
    assert set(bands(2, a=(2, 10, "2022-05"), b=(2, 10, "2022-06"), odd=odd)) == {
        ("30-39", "2022-06"), ("all", "all"),
    }  # fmt: skip


def test_fewer_than_k_people_are_all_all() -> None:
    assert bands(5, a=(4, 10, "2022-06")) == {("all", "all"): 4}
    assert bands(5) == {}


@given(
    st.lists(st.tuples(st.integers(-1, 100), st.sampled_from([None, "2021-01", "2021-02", "2022-01", "2022-12"]))),
    st.integers(1, 6),
)
def test_groups_have_k_people(everybody: list[tuple[int, str | None]], k: int) -> None:
    groups = bands(k, **{f"p{i}_": (1, age, month) for i, (age, month) in enumerate(everybody)})
    assert sum(groups.values()) == len(everybody)
    assert all(count >= k for count in groups.values()) or set(groups) == {("all", "all")}


# Every line once


def test_outcomes_sum_to_landing_and_trusted_to_the_tables(landing: Landing) -> None:
    landing.add("customer", customer("a"), customer("b", consent=None), customer("a"), b"x", customer("c", 0))
    landing.add("accelerometer", accelerometer("a"), accelerometer("a"), accelerometer("z"), b"[]")
    landing.add("step_trainer", step("a"), step("b"), step("z"), step("a", distance=-1))
    expected = landing.expected()
    for entity in ("customer", "accelerometer", "step_trainer"):
        outcomes = landing.outcomes(entity)
        assert sum(outcomes.values()) == len(expected[f"stg_{entity}"])
        assert outcomes["trusted"] == len(expected[f"{entity}_trusted"])
    for relation, rows in expected.items():
        assert {len(row) for row in rows} == {len(truth.COLUMNS[relation])}


@pytest.fixture(scope="module")
def real_lines(real_landing: Path) -> truth.Staged:
    return truth.stage(real_landing, KEY)


@pytest.mark.parametrize(
    ("options", "counts"),
    [
        ({}, [956, 81_273, 28_680, 482, 40_981, 14_460, 482, 40_981]),
        ({"ml_join": "timestamp_only"}, [956, 81_273, 28_680, 482, 40_981, 14_460, 482, 43_681]),
        ({"consent_scope": "since_consent"}, [956, 81_273, 28_680, 482, 32_025, 11_297, 464, 32_025]),
    ],
)
def test_known_answers_on_real_data(real_lines: truth.Staged, options: dict, counts: list[int]) -> None:
    rows = truth.derive(real_lines, now=NOW, **options)
    relations = [name for name in truth.COLUMNS if name != "row_outcome"]
    assert [len(rows[name]) for name in relations] == counts
