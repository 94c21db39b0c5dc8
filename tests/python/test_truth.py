"""The reference against answers worked out by hand from docs/rules.md, rule by rule."""

from __future__ import annotations

import gzip
import hmac
import json
import os
import re
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
HOUR = 3_600_000
DAY = 24 * HOUR
FUTURE = 4_083_955_200_000  # 2099-06-01


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
        path.write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") else content)
        os.utime(path, (LANDED + self.files, LANDED + self.files + 0.9))
        self.files += 1
        return self

    def expected(self, **options) -> dict[str, list[tuple]]:
        return truth.expected(self.root, KEY, **({"now": NOW} | options))

    def consents(self, name: str = "a", **options) -> tuple[str, datetime | None]:
        """State and consented since of one person."""
        found = {row[0]: row[1:] for row in self.expected(**options)["int_consent"]}
        return found[pseudonym(f"{name}@example.com")]

    def state(self, name: str = "a", **options) -> str:
        return self.consents(name, **options)[0]

    def since(self, name: str = "a", **options) -> datetime | None:
        return self.consents(name, **options)[1]

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
        GOOD.replace(b"serialNumber", b"serial\\u004eumber"),
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
        GOOD + b",,",
        b"[[" + GOOD + b"], " + GOOD + b"]",
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


@pytest.mark.parametrize(
    "line",
    [GOOD + GOOD, GOOD + b" , " + GOOD, b"[" + GOOD + b"," + GOOD + b"]", b"  [" + GOOD + b", " + GOOD + b"],\r"],
)
def test_a_line_of_several_documents(landing: Landing, line: bytes) -> None:
    rows = landing.add("step_trainer", line).expected()["stg_step_trainer"]
    assert [row[0:3] + row[-1:] for row in rows] == [(pseudonym("device-a"), at(T0), 200, None)] * 2


def test_blank_lines_are_no_lines(landing: Landing) -> None:
    landing.add("step_trainer", b"", b" \t\r", b"\xef\xbb\xbf", b"\xef\xbb\xbf " * 3000, b"")
    assert landing.expected()["stg_step_trainer"] == []


def test_a_carriage_return_alone_ends_a_line(landing: Landing) -> None:
    landing.add("step_trainer", GOOD + b"\r" + GOOD + b",\r\r\n" + GOOD[:20] + b"\r" + GOOD[20:])
    assert landing.outcomes("step_trainer") == {"unknown_device": 1, "repeat": 1, "malformed_json": 2}


def test_a_line_may_have_a_million_bytes(landing: Landing) -> None:
    padding = 1_000_000 - len(GOOD) - len(b', "other": ""')
    longest = GOOD[:-1] + b', "other": "' + b"x" * padding + b'"}'
    wide = GOOD[:-1] + b', "other": "' + "ü".encode() * padding + b'"}'
    landing.add("step_trainer", longest, wide)
    assert landing.outcomes("step_trainer") == {"unknown_device": 1, "malformed_json": 1}


@pytest.mark.parametrize("field", [f'"{name}": 1' for name in truth.CUSTOMER_FIELDS] + ['"em\\u0061il": ""'])
def test_a_customer_line_that_says_a_field_twice_is_malformed(landing: Landing, field: str) -> None:
    fields = {"shareWithPublicAsOfDate": T0, "shareWithFriendsAsOfDate": T0}
    good = json.dumps(customer("a", **fields)).encode()
    landing.add("customer", good[:-1] + f", {field}}}".encode(), good[:-1] + b', "other": 1, "other": {"email": 2}}')
    first, second = landing.expected()["stg_customer"]
    assert first[:12] == (None,) * 12 and first[-1] == "malformed_json"
    assert second[-1] is None


# Files


def test_folders_are_read_and_hidden_names_are_not(landing: Landing) -> None:
    hidden = ("_ignored.json", ".hidden.json", "_temporary/a.json", "2025/.b/a.json")
    for name in (*hidden, "b.json", "2025/06/15/16/a.json.gz"):
        landing.add("step_trainer", GOOD, name=name)
    landing.add("step_trainer", name="empty.json")
    rows = landing.expected()["stg_step_trainer"]
    assert {row[3:5] for row in rows} == {
        ("step_trainer/landing/b.json", at((LANDED + 4) * 1000)),
        ("step_trainer/landing/2025/06/15/16/a.json.gz", at((LANDED + 5) * 1000)),
    }
    assert len(rows) == 2


PACKED = gzip.compress(GOOD + b"\n" + GOOD, mtime=0)


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (PACKED, 2),
        (PACKED + PACKED, 4),  # two members: the last document of one and the first of the other are on one line
        (PACKED[:-1], 0),
        (PACKED[:-9], 0),
        (PACKED[:20], 0),
        (PACKED + b"x", 0),
        (PACKED + PACKED[:-1], 0),
        (PACKED[:-5] + b"\0" + PACKED[-4:], 0),  # a wrong checksum
        (GOOD, 0),
        (b"", 0),
    ],
)
def test_of_a_broken_file_no_line_is_read(landing: Landing, content: bytes, count: int) -> None:
    landing.add("step_trainer", GOOD, name="whole.json")
    (landing.root / "step_trainer" / "landing" / "other.json.gz").write_bytes(content)
    (landing.root / "step_trainer" / "landing" / "nowhere.json").symlink_to("gone")
    assert len(landing.expected()["stg_step_trainer"]) == count + 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a!#$&'()+,;=[]{}^`.json", "a!#$&'()+,;=[]{}^`.json"),
        ("ann@example.com.json", None),
        ("ann%40example.com.json", None),
        ("ann.json", "ann.json"),
        ("ann%41.json", "ann%41.json"),
        ("it is.json", None),
        ("jürgen.json", None),
        ("tab\t.json", None),
        ("~x", "~x"),
    ],
)
def test_a_file_name_shows_nothing_personal(landing: Landing, name: str, shown: str | None) -> None:
    shown = shown or f"~{pseudonym(f'name {name}')}"
    for entity in ("customer", "accelerometer", "step_trainer"):
        landing.add(entity, GOOD, name=f"2025/{name}").add(entity, GOOD, name=f"in {name}/x.json")
        assert {row[-3] for row in landing.expected()[f"stg_{entity}"]} == {
            f"{entity}/landing/2025/{shown}",
            f"{entity}/landing/~{pseudonym(f'name in {name}')}/x.json",
        }


@given(st.binary(max_size=60))
def test_any_bytes_are_a_document_or_malformed(raw: bytes) -> None:
    document = truth.parse(raw)
    assert document is None or isinstance(json.loads(raw.decode().rstrip(" \t\r,")), dict)


# Reading a value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" A-1 ", "a-1"),
        ("\u00a0\u3000A\u2003\n", "a"),
        ("\u001cA", "\u001ca"),
        ("\u0130\u03a3", "i\u03c3"),
        ("\u1e9e", "\u00df"),
        ("\uff21\u200b", "\uff41\u200b"),  # unlike an e-mail, not brought to one form
        (" \u00a0", None),
        ("", None),
        (None, None),
    ],
)
def test_serial_number(value: str | None, expected: str | None) -> None:
    assert truth.serial_number(value) == expected


@given(st.text())
def test_reading_a_serial_number_twice_changes_nothing(value: str) -> None:
    assert truth.serial_number(truth.serial_number(value)) == truth.serial_number(value)


@pytest.mark.parametrize(
    "value",
    [
        "finn.kä@example.com",
        " Finn.Kä@Example.COM\u00a0",
        "finn.ka\u0308@example.com",  # NFD
        "\uff46\uff49\uff4e\uff4e.kä@example\uff0ecom",  # full-width
        "finn.kä\uff20example.com",
        "finn.kä\ufe6bexample.com",
        "\ufb01nn.kä@example.com",  # a ligature
        "finn.\u212aä@example.com",  # the Kelvin sign
        "f\u0130nn.kä@example.com",
        "\U0001d41f\u24d8nn.kä@example.com",  # a mathematical and a circled letter
        "\u2003finn.kä@example.com\u3000",
        "\ufefffinn.kä@example.com",
        "finn\u200b.kä@exam\u00adple.com\u2060",  # zero width, soft hyphen, word joiner
        "\u202afinn.kä@example.com\u202c",
        "finn.kä\u200d@example.com\U000e0041",
        "mailto:finn.kä@example.com",
        "MailTo: finn.kä@example.com?subject=Stop?no",
        "\uff4dailto:finn.kä@example.com",
        "Finn Kä <finn.kä@example.com>",
        "Finn <Stop> Kä < finn.kä@example.com > ",
        '"Kä, Finn" <mailto:finn.kä@example.com?subject=Stop>',
        "<finn.kä@example.com>",
        "\uff1cfinn.kä@example.com\uff1e",
        "mailto:Finn <finn.kä@example.com>",
    ],
)
def test_spellings_of_one_email(value: str) -> None:
    assert truth.email_address(value) == "finn.kä@example.com"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a@b", "a@b"),
        ("stra\u1e9ee@example.com", "stra\u00dfe@example.com"),
        ("strasse@example.com", "strasse@example.com"),
        ("\u03a3\u03a3@example.com", "\u03c3\u03c3@example.com"),
        ("mailto:mailto:a@b", "mailto:a@b"),
        ("a%40b", None),
        ("xn--jrgen-kva@b", "xn--jrgen-kva@b"),
        ("a@b<", None),
        ("a@b>", None),
        ("<<a@b>>", None),
        ("\u001ca@b", None),
        ("Finn <a@b> Kä <a@b>", None),
        ("a", None),
        ("a@", None),
        ("@b", None),
        ("a@b@c", None),
        ("a b@c", None),
        ("a@b\u3000c", None),
        ("a@b, c@d", None),
        ("Ann <>", None),
        ("a@b <>", None),
        ("mailto:?to=a@b", None),
        ("\u200b@\u200b", None),
        (" \u00a0", None),
        ("", None),
        (None, None),
    ],
)
def test_email(value: str | None, expected: str | None) -> None:
    assert truth.email_address(value) == expected


@given(st.text(alphabet=st.sampled_from("aB@ <>?.:\u200b\uff20\u00a0\u0308") | st.characters()))
def test_an_email_has_one_at_and_something_on_both_sides(value: str) -> None:
    email = truth.email_address(value)
    assert email is None or [bool(side) for side in email.split("@")] == [True, True]
    assert email is None or not re.search(f"[{truth.WHITE_SPACE}]", email)


@given(st.integers(-(2**65), 2**65))
def test_whole_numbers_are_those_of_64_bits(number: int) -> None:
    assert truth.whole_number(str(number)) == (number if -(2**63) <= number < 2**63 else None)


@pytest.mark.parametrize(
    "text", ["5.5", "5.", ".0", "5.00.0", "5e3", " 5", "5\n", "--5", "+", "\u0665", "0x5", "1_0", None]
)
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
    texts = ["0", "-0", "2147483647", "2147483648", "-1", "1.0", "1.5"]
    assert [truth.distance(text) for text in texts] == [0, 0, 2147483647, None, None, 1, None]


def test_birth_day() -> None:
    texts = ["1399-01-01", "2000-02-29", "2001-02-29", "2001-2-03", "", "20010203", "17 May 1980", None]
    assert [truth.day(text) for text in texts] == [date(1399, 1, 1), date(2000, 2, 29), *[None] * 6]


def test_numbers_are_text_as_spelled_and_nested_values_are_none(landing: Landing) -> None:
    landing.add(
        "customer",
        b'{"customerName": 5, "phone": true, "email": "a@b"}',
        b'{"customerName": {"a": 1}, "phone": [], "email": "a@b"}',
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
        ({"timestamp": f"{T0}.0"}, at(T0)),
        ({"timestamp": f"{T0}.5"}, None),
        ({}, None),
    ],
)
def test_accelerometer_time(landing: Landing, fields: dict, expected: datetime | None) -> None:
    landing.add("accelerometer", {"user": "a@b", "x": 0, "y": 0, "z": 0} | fields)
    assert landing.expected()["stg_accelerometer"][0].reading_time == expected


# Rejection


@pytest.mark.parametrize(
    ("entity", "document", "reason"),
    [
        ("customer", customer("a", email="a@b@c"), "missing_email"),
        ("customer", customer("a", email=["a@example.com"]), "missing_email"),
        ("customer", customer("a", email=" ", serialNumber=None, updated=0), "missing_email"),
        ("customer", customer("a", serialNumber="", updated=0), "missing_serial_number"),
        ("customer", customer("a", updated=0), "invalid_timestamp"),
        ("customer", customer("a", consent="soon", registrationDate="x", birthDay="y"), None),
        ("accelerometer", accelerometer("a", 0, user=["a"], x="east"), "missing_email"),
        ("accelerometer", accelerometer("a", user="a"), "missing_email"),
        ("accelerometer", accelerometer("a", 0, x="east"), "invalid_timestamp"),
        ("accelerometer", accelerometer("a", z="1e400"), "invalid_measurement"),
        ("step_trainer", step("a", 0, -1, serialNumber={}), "missing_serial_number"),
        ("step_trainer", step("a", 0, -1), "invalid_timestamp"),
        ("step_trainer", step("a", T0, -1), "invalid_measurement"),
    ],
)
def test_the_first_reason_counts(landing: Landing, entity: str, document: dict, reason: str | None) -> None:
    assert landing.add(entity, document).expected()[f"stg_{entity}"][0][-1] == reason


def test_a_rejected_row_keeps_what_could_be_read(landing: Landing) -> None:
    row = landing.add("accelerometer", accelerometer("a", y="east", z=-2)).expected()["stg_accelerometer"][0]
    assert row[:5] == (pseudonym("a@example.com"), at(T0), 1.0, None, -2.0)


# Whom a rejected customer line names


def ids(emails: set[str]) -> str | None:
    return " ".join(sorted(map(pseudonym, emails))) or None


def text_of(**fields: object) -> bytes:
    """A customer line of the fields given, escaped as json.dumps does."""
    return json.dumps(fields).encode()


JUERGEN = "jürgen@example.com"


@pytest.mark.parametrize(
    ("line", "emails"),
    [
        # `email` was read: nobody else is named.
        (text_of(email=" A@B.C ", phone="d@e.f"), {"a@b.c"}),
        (text_of(email="Ann <a@b.c>", serialNumber="s", phone="d@e.f"), {"a@b.c"}),
        # It was not: everybody is named whose e-mail stands in the text.
        (text_of(email=None, phone="a@b.c"), {"a@b.c"}),
        (text_of(Email="a@b.c", user="d@e.f"), {"a@b.c", "d@e.f"}),
        (text_of(email={"work": "a@b.c", "home": ["d@e.f"]}), {"a@b.c", "d@e.f"}),
        (text_of(email=["a@b.c"]), {"a@b.c"}),
        (text_of(email="a@b.c, d@e.f"), {"a@b.c", "d@e.f"}),
        (text_of(email="a@b.c (work)"), {"a@b.c"}),
        (text_of(email="a at b.c"), set()),
        (text_of(), set()),
        (b'{"email": "a@b.c", "email": "d@e.f"}', {"a@b.c", "d@e.f"}),
        (b'{"email": "a@b.c", "phone": 1, "phone": 1}', {"a@b.c"}),
        # Cut, torn, and what is no JSON.
        (b'{"email":"a@b.c","serialN', {"a@b.c"}),
        (b'"email": "a@b.c",', {"a@b.c"}),
        (b'{"email": "a@b.c"} {"email" "d@e.f"}', {"a@b.c", "d@e.f"}),
        (b"{email:a@b.c,phone:1}", {"a@b.c"}),
        (b"{'email': 'a@b.c'}", {"a@b.c"}),
        (b"a@b.c;s-1;", {"a@b.c"}),
        (b"user=a@b.c&phone=1", {"a@b.c", "user=a@b.c"}),
        (b"<a>mailto:a@b.c?x</a>", {"a@b.c"}),
        (b"Ann <a@b.c>", {"a@b.c"}),
        (b"mailto:a@b.c?subject=Stop", {"a@b.c"}),
        (b"Stop it for a@b.c.", {"a@b.c"}),
        (b"-a@b.c- ..d@e.f", {"a@b.c", "-a@b.c", "d@e.f", "..d@e.f"}),
        (b"a.@.b", {"a.@.b"}),
        (b"a@b@c", {"a@b", "b@c"}),
        (b"@b a@ . @", set()),
        (b"a_b+c@d-e.f", {"a_b+c@d-e.f"}),
        (b"o'neill@b.c torn", {"neill@b.c", "o'neill@b.c"}),
        (b"o'neill/x@b.c", {"x@b.c", "o'neill/x@b.c"}),
        # Every spelling of an e-mail.
        ("\uff21\u200b\uff20b.\u00adc\u00a0x".encode(), {"a@b.c"}),
        ("(\uff21\u200b\uff20b.\u00adc)".encode(), {"a@b.c"}),
        ("(A@b.c\u3000D@e.f)".encode(), {"a@b.c", "d@e.f"}),
        ("[JU\u0308RGEN@example.com]".encode(), {JUERGEN}),
        # NUL characters, control characters, another encoding.
        (b'{"customerName": "\0", "email": "a\0@b.c"}', {"a@b.c"}),
        ('{"email": "a@b.c"}'.encode("utf-16-le"), {"a@b.c"}),
        (b"\xff\xfe" + '{"email": "a@b.c"}'.encode("utf-16-le"), {"a@b.c"}),
        (b"\xfe\xff" + '{"email": "a@b.c"}'.encode("utf-16-be"), {"a@b.c"}),
        (b"a@b.c\x1fd@e.f\x7fg@h.i\xc2\x85", {"a@b.c", "d@e.f", "g@h.i"}),
        ('{"customerName": "Jürgen", "email": "a@b.c"}'.encode("latin-1"), {"a@b.c"}),
        # Escapes, once over: also where the text is a string within a string, and where some escapes are none.
        ('  "email": "jürgen@example.com",'.encode(), {JUERGEN}),
        (rb'  "email": "j\u00fcrgen@example.com",', {JUERGEN}),
        (rb'"{\"email\": \"j\u00FCrgen@example.com\"}"', {JUERGEN}),
        (rb'{"email": "a\u0040b.c\u00a0d\u200b@e.f\/g\n"', {"a@b.c", "d@e.f"}),
        (rb'{"phone": "\ud83d\ude00", "Email": "j\u00fcrgen@example.com"}', {JUERGEN}),
        (rb'{"phone": "\ud83d", "email": "a@b.c"}', {"a@b.c"}),
        (
            rb'{"phone": "\ud83d", "email": "j\u00fcrgen@example.com"}',
            {JUERGEN},
        ),
        (
            rb'{"email": "j\u00fcrgen@example.com", "customerName": "J\u00f',
            {JUERGEN},
        ),
        (
            rb'{"phone": "\\", "email": "j\u00fcrgen@example.com", ',
            {JUERGEN},
        ),
        (rb"C:\new@b.c\x", {"ew@b.cx"}),
    ],
)
def test_whom_a_rejected_line_names(landing: Landing, line: bytes, emails: set[str]) -> None:
    row = landing.add("customer", line).expected()["stg_customer"][0]
    assert row[-1] and row[12] == ids(emails)


@pytest.mark.parametrize("ascii_only", [True, False])
def test_of_a_document_over_several_lines_one_names_the_person(landing: Landing, ascii_only: bool) -> None:
    document = {"customerName": "Jürgen", "email": JUERGEN, "serialNumber": "device-ü"}
    landing.add("customer", json.dumps(document, indent=2, ensure_ascii=ascii_only).encode())
    rows = landing.expected()["stg_customer"]
    devices = {"device-ü"} | ({r"device-\u00fc"} if ascii_only else set())
    assert [row[12:14] for row in rows] == [
        (None, None), (None, None), (ids({JUERGEN}), None), (None, ids(devices)), (None, None),
    ]  # fmt: skip
    assert {row[-1] for row in rows} == {"malformed_json"}


def test_a_good_line_names_nobody(landing: Landing) -> None:
    rows = landing.add("customer", customer("a", phone="b@example.com")).expected()["stg_customer"]
    assert rows[0][12:14] == (None, None)


@pytest.mark.parametrize(
    ("line", "devices"),
    [
        (text_of(serialNumber=" S-1 ", phone="serialNumber: s-2"), {"s-1"}),
        (b'{"serialNumber": "S 1", "serialNumber": "s-2", }', {"s 1", "s-2"}),
        (b'{"SERIALnumber" : "s-1", "serial_number":"s-2", "serial-number" =5, "Serial Number": s-3}',
         {"s-1", "s-2", "5", "s-3"}),
        (b"{'serialNumber': 's-1', 'serial_number':'s-2'}", {"s-1", "s-2"}),
        (b"serialNumber=s-1&serialNumber=s-2,serialNumber=s-3]", {"s-1&serialnumber=s-2", "s-3"}),
        (b"serialNumber\t=\ts-4;", {"s-4;"}),
        (b'{"serialNumber": "s-1', {"s-1"}),
        (b'{"serialNumber": ', set()),
        (b'{"serialNumber": "", "serialNumber": " "}', set()),
        (b'{"serialNumber": null}', {"null"}),
        (b'{"serialNumber": {"id": "s-1"}, "serialNumbers": "s-2"}', {"{"}),
        (b'{"serialNumber""s-1" "serial  number": "s-2"}', set()),
        (b"device s-1", set()),
    ],
)  # fmt: skip
def test_which_devices_a_rejected_line_names(landing: Landing, line: bytes, devices: set[str]) -> None:
    row = landing.add("customer", line).expected()["stg_customer"][0]
    assert row[-1] and row[13] == ids(devices)


# Consent


@pytest.mark.parametrize(
    ("records", "state"),
    [
        ([customer("a")], "consents"),
        ([customer("a", consent=None)], "no_consent"),
        ([customer("a", consent=0)], "no_consent"),
        ([customer("a", consent="soon")], "no_consent"),
        ([customer("a", consent=FUTURE)], "no_consent"),
        ([customer("a"), customer("a", T0 + 1, None)], "no_consent"),
        ([customer("a", consent=None), customer("a", T0 + 1)], "consents"),
        ([customer("a"), customer("a", T0 + 1, None), customer("a", T0 + 2)], "consents"),
        ([customer("a", T0 + 1, None), customer("a")], "no_consent"),  # the older record arrives later
        ([customer("a"), customer("a", consent=None)], "no_consent"),  # a tie
        ([customer("a", consent=None), customer("a")], "no_consent"),
        ([customer("a"), customer("a", consent=FUTURE)], "no_consent"),
        ([customer("a"), customer("a", T0 + 1, None, email="A <mailto:A@Example.COM\u00a0>")], "no_consent"),
        ([customer("a"), customer("a", T0 + 1, None, registrationDate="unknown")], "no_consent"),
        ([customer("a"), customer("a", FUTURE)], "consents"),  # set aside
        ([customer("a", consent=None), customer("a", FUTURE)], "no_consent"),
        ([customer("a", FUTURE)], "no_consent"),
        ([customer("a", FUTURE, None)], "no_consent"),
    ],
)
def test_the_latest_good_record_that_has_begun_decides(landing: Landing, records: list[dict], state: str) -> None:
    for record in records:
        landing.add("customer", record)
    assert landing.state() == state
    assert len(landing.expected()["customer_trusted"]) == (state == "consents")


def test_consent_begins_at_its_moment(landing: Landing) -> None:
    landing.add("customer", customer("a", T0 - 2, consent=T0))
    assert landing.state(now=at(T0)) == "consents"
    assert landing.state(now=at(T0 - 1)) == "no_consent"
    elsewhere = at(T0).replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=9)))
    assert landing.state(now=elsewhere) == "consents"


def test_a_record_counts_from_the_moment_of_its_date(landing: Landing) -> None:
    landing.add("customer", customer("a", T0, T0 - 9), customer("a", T0 + 5, None))
    states = [landing.state(now=at(T0 + n)) for n in (-1, 0, 4, 5)]
    assert states == ["no_consent", "in_doubt", "in_doubt", "no_consent"]


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


YES = customer("a")
AGAIN = customer("a", T0 + 1)
FUTURE_NO = customer("a", FUTURE, None)
LATE_NO = customer("a", T0 - 1, None)
REJECTED = customer("a", "yesterday", None)
MOVED_NO = customer("a", T0 + 1, None, email="new@example.com")
MOVED_LATER_NO = customer("a", FUTURE, None, email="new@example.com")
TORN = b'{"email": "a@example.com"'
SPACED = b'{"email":  "a@example.com"'


@pytest.mark.parametrize(
    ("files", "state"),
    [
        # Its own refusal dated after now: stands when it landed with the consent, or later.
        ([YES, FUTURE_NO], "in_doubt"),
        ([[YES, FUTURE_NO]], "in_doubt"),
        ([FUTURE_NO, YES], "consents"),
        ([YES, customer("a", FUTURE, FUTURE)], "in_doubt"),
        ([YES, customer("a", FUTURE, "soon")], "in_doubt"),
        ([YES, customer("a", FUTURE)], "consents"),
        ([YES, FUTURE_NO, AGAIN], "consents"),
        ([YES, [FUTURE_NO, AGAIN]], "in_doubt"),
        ([YES, FUTURE_NO, YES], "in_doubt"),  # a consent that comes again is as old as it was
        ([YES, FUTURE_NO, customer("a", phone="2")], "consents"),  # of the same date, but another
        ([YES, FUTURE_NO, customer("a", T0 - 1)], "in_doubt"),  # not the deciding record
        ([YES, FUTURE_NO, customer("a", FUTURE)], "in_doubt"),
        ([YES, FUTURE_NO, AGAIN, FUTURE_NO], "consents"),  # a refusal that comes again too
        ([YES, FUTURE_NO, AGAIN, FUTURE_NO | {"phone": "2"}], "in_doubt"),
        ([YES, customer("b", FUTURE, None)], "consents"),
        # Its own refusal of at most 26 hours before: stands when it landed later than the consent.
        ([YES, LATE_NO], "in_doubt"),
        ([[YES, LATE_NO]], "consents"),
        ([LATE_NO, YES], "consents"),
        ([YES, customer("a", T0 - 1, "soon")], "in_doubt"),
        ([YES, customer("a", T0 - 1, FUTURE)], "in_doubt"),
        ([YES, customer("a", T0 - 26 * HOUR, None)], "in_doubt"),
        ([YES, customer("a", T0 - 26 * HOUR - 1, None)], "consents"),
        ([YES, LATE_NO, AGAIN], "consents"),
        ([YES, [LATE_NO, AGAIN]], "consents"),
        ([YES, LATE_NO, YES], "in_doubt"),
        ([YES, LATE_NO, customer("a", phone="2")], "consents"),
        ([LATE_NO, YES, LATE_NO], "consents"),
        ([LATE_NO, YES, LATE_NO | {"phone": "2"}], "in_doubt"),
        ([YES, customer("a", T0 + 2, None), customer("a", T0 + 3), customer("a", T0 + 2, None, phone="2")], "in_doubt"),
        ([YES, customer("b", T0 - 1, None)], "consents"),
        # A rejected line that names the person: stands when it landed with the consent, or later.
        ([YES, REJECTED], "in_doubt"),
        ([[YES, REJECTED]], "in_doubt"),
        ([REJECTED, YES], "consents"),
        ([YES, customer("a", "yesterday")], "in_doubt"),  # whatever it says of consent
        ([YES, TORN], "in_doubt"),
        ([YES, REJECTED, AGAIN], "consents"),
        ([YES, [REJECTED, AGAIN]], "in_doubt"),
        ([YES, REJECTED, YES], "in_doubt"),
        ([YES, REJECTED, customer("a", T0 - 1)], "in_doubt"),
        ([YES, TORN, AGAIN, TORN], "consents"),
        ([YES, TORN, AGAIN, b"\xef\xbb\xbf  " + TORN + b" ,\t"], "consents"),
        ([YES, TORN, AGAIN, SPACED], "in_doubt"),
        ([TORN, YES, TORN], "consents"),
        ([YES, customer("b", "yesterday", None)], "consents"),
        ([YES, customer("b", "yesterday", None, phone="a@example.com")], "consents"),  # names b alone
        ([YES, customer("b", email=None, phone="a@example.com")], "in_doubt"),
        # A refusal with another e-mail, the same device and name: stands when dated after the consent.
        ([YES, MOVED_NO], "in_doubt"),
        ([MOVED_NO, YES], "in_doubt"),
        ([YES, MOVED_NO | {"lastUpdateDate": T0}], "consents"),
        ([YES, MOVED_NO | {"lastUpdateDate": T0 - 1}], "consents"),
        ([YES, MOVED_NO, customer("a", T0 + 2)], "consents"),
        ([YES, MOVED_NO, customer("a", T0 + 1, phone="2")], "consents"),
        ([YES, MOVED_NO | {"shareWithResearchAsOfDate": T0}], "consents"),
        ([YES, MOVED_NO, MOVED_NO | {"lastUpdateDate": T0 + 2, "shareWithResearchAsOfDate": T0}], "in_doubt"),
        ([YES, MOVED_NO | {"serialNumber": " DEVICE-A\u00a0"}], "in_doubt"),
        ([YES, MOVED_NO | {"customerName": "\u2003\uff21\u200b"}], "in_doubt"),
        ([customer("a", customerName="Ju\u0308rgen Ko"), MOVED_NO | {"customerName": "JÜRGEN KO "}], "in_doubt"),
        ([YES, MOVED_NO | {"customerName": "b"}], "consents"),
        ([YES, MOVED_NO | {"serialNumber": "device-b"}], "consents"),
        ([YES, MOVED_NO | {"customerName": None}], "consents"),
        ([customer("a", customerName=None), MOVED_NO | {"customerName": None}], "in_doubt"),
        ([customer("a", customerName=None), MOVED_NO | {"customerName": " "}], "in_doubt"),
        ([customer("a", T0 - 9, serialNumber="old", customerName="o"),
          YES, MOVED_NO | {"serialNumber": "old", "customerName": "o"}], "in_doubt"),
        ([customer("a", T0 - 9, serialNumber="old", customerName="o"),
          YES, MOVED_NO | {"serialNumber": "old"}], "consents"),  # no one record has both
        ([YES, customer("a", FUTURE, serialNumber="next"), MOVED_NO | {"serialNumber": "next"}], "in_doubt"),
        # ... and dated after now: when it landed with the consent, or later.
        ([YES, MOVED_LATER_NO], "in_doubt"),
        ([[YES, MOVED_LATER_NO]], "in_doubt"),
        ([MOVED_LATER_NO, YES], "consents"),
        ([YES, MOVED_LATER_NO, AGAIN], "consents"),
        ([YES, MOVED_LATER_NO, AGAIN, MOVED_LATER_NO], "consents"),
        # What is lifted may be followed by another.
        ([YES, REJECTED, AGAIN, FUTURE_NO], "in_doubt"),
        ([YES, REJECTED, FUTURE_NO, LATE_NO, MOVED_NO, customer("a", T0 + 2)], "consents"),
    ],
)  # fmt: skip
def test_what_stands_against_a_consent(landing: Landing, files: list, state: str) -> None:
    for file in files:
        landing.add("customer", *(file if isinstance(file, list) else [file]))
    assert landing.state() == state
    assert len([row for row in landing.expected()["customer_trusted"] if row[3] == "a@example.com"]) == (
        state == "consents"
    )


def test_a_new_address_speaks_for_itself_too(landing: Landing) -> None:
    landing.add("customer", YES).add("customer", MOVED_NO)
    assert (landing.state("a"), landing.state("new")) == ("in_doubt", "no_consent")
    assert landing.outcomes("customer") == {"in_doubt": 1, "no_consent": 1}


MOVED_BEFORE_NO = customer("a", T0 - 3, None, email="new@example.com")


@pytest.mark.parametrize(
    ("files", "since"),
    [
        ([YES], T0),
        ([customer("a", consent=T0 - 9)], T0 - 9),
        ([customer("a", T0 - 2 * DAY, consent=T0 + 9)], T0 + 9),
        # Own refusals that are not dated after the deciding record.
        ([customer("a", T0 - 5, T0 - 9), customer("a", T0 - 4, None), customer("a", T0, T0 - 9)], T0 - 4),
        ([customer("a", T0 - 4, None), customer("a", T0 - 3, 0), customer("a", T0, T0 - 9)], T0 - 3),
        ([customer("a", T0 - 4, None), customer("a", T0, T0 - 2)], T0 - 2),
        ([customer("b", T0 - 4, None), customer("a", T0, T0 - 9)], T0 - 9),
        # Landings of their refusals dated after now, and of rejected lines.
        ([YES, FUTURE_NO, AGAIN], LANDED * 1000 + 1000),
        ([YES, FUTURE_NO, AGAIN, FUTURE_NO], LANDED * 1000 + 1000),
        ([YES, REJECTED, AGAIN], LANDED * 1000 + 1000),
        ([YES, REJECTED, TORN, AGAIN, REJECTED], LANDED * 1000 + 2000),
        ([REJECTED, customer("a", T0, LANDED * 1000 + 5000)], LANDED * 1000 + 5000),
        # New addresses that are not dated after the deciding record.
        ([customer("a", consent=T0 - 9), MOVED_BEFORE_NO], T0 - 3),
        ([customer("a", consent=T0 - 9), MOVED_BEFORE_NO | {"lastUpdateDate": T0}], T0),
        ([customer("a", consent=T0 - 9), MOVED_BEFORE_NO | {"customerName": "b"}], T0 - 9),
        ([MOVED_LATER_NO, customer("a", consent=T0 - 9)], T0 - 9),
        # Nothing where the person is not in.
        ([YES, REJECTED], None),
        ([customer("a", consent=None)], None),
    ],
)
def test_consented_since(landing: Landing, files: list[dict | bytes], since: int | None) -> None:
    for file in files:
        landing.add("customer", file)
    assert landing.since() == (since and at(since))
    trusted = [row[12] for row in landing.expected()["customer_trusted"] if row[3] == "a@example.com"]
    assert trusted == ([at(since)] if since else [])


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


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        (customer("b", 0, serialNumber="device-a"), "ambiguous_device"),
        (customer("b", FUTURE, serialNumber="device-a"), "ambiguous_device"),
        (customer("a", 0), "trusted"),
        (customer("a", 0, email=None, user="a@example.com"), "trusted"),
        (customer("a", 0, email=None, user="a@example.com", phone="b@example.com"), "ambiguous_device"),
        (customer("a", 0, email=None), "ambiguous_device"),  # names a device and nobody
        (b'{"serialNumber": "Device-A"', "ambiguous_device"),
        (b"serial_number=device-a", "ambiguous_device"),
        (b'{"serialNumber": "device-b"', "trusted"),
        (b"device-a", "trusted"),
    ],
)
def test_a_device_of_which_a_rejected_line_speaks(landing: Landing, line: dict | bytes, outcome: str) -> None:
    landing.add("customer", line).add("customer", customer("a"))  # what is rejected does not stand against her
    landing.add("accelerometer", accelerometer("a")).add("step_trainer", step("a"))
    assert landing.outcomes("step_trainer") == {outcome: 1}
    assert landing.outcomes("accelerometer") == {"trusted": 1}


def test_a_device_that_only_rejected_lines_name_is_unknown(landing: Landing) -> None:
    landing.add("customer", customer("b", 0, serialNumber="device-a"))
    landing.add("step_trainer", step("a")).add("accelerometer", accelerometer("b"))
    assert landing.outcomes("step_trainer") == {"unknown_device": 1}
    assert landing.outcomes("accelerometer") == {"unknown_customer": 1}


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


def test_doubt_comes_before_no_accelerometer_data(landing: Landing) -> None:
    landing.add("customer", customer("a")).add("customer", REJECTED)
    landing.add("accelerometer", accelerometer("a")).add("step_trainer", step("a"))
    assert landing.outcomes("customer") == {"in_doubt": 1, "invalid_timestamp": 1}
    for options in ({}, {"consent_scope": "since_consent"}):
        assert landing.outcomes("accelerometer", **options) == {"in_doubt": 1}
        assert landing.outcomes("step_trainer", **options) == {"in_doubt": 1}


@pytest.mark.parametrize(
    ("records", "outcomes"),
    [
        ([YES, YES, YES], {"trusted": 1, "repeat": 2}),
        ([YES, customer("a", FUTURE), customer("a", FUTURE)], {"trusted": 1, "future_dated": 1, "repeat": 1}),
        ([YES, FUTURE_NO], {"in_doubt": 1, "no_consent": 1}),
        ([FUTURE_NO, customer("a", FUTURE), customer("a", FUTURE, FUTURE)], {"future_dated": 1, "no_consent": 2}),
        ([YES, LATE_NO, customer("a", T0 - 2)], {"in_doubt": 1, "superseded": 2}),
        ([YES, customer("a", T0 + 1, None), customer("a", T0 + 1, 0)], {"superseded": 1, "no_consent": 1, "repeat": 1}),
        ([customer("a", consent=None), customer("a", consent=FUTURE)], {"superseded": 1, "no_consent": 1}),
        ([REJECTED, REJECTED, TORN, YES], {"invalid_timestamp": 2, "malformed_json": 1, "trusted": 1}),
    ],
)
def test_customer_outcomes(landing: Landing, records: list[dict | bytes], outcomes: dict[str, int]) -> None:
    for record in records:
        landing.add("customer", record)
    assert landing.outcomes("customer") == outcomes


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


def test_what_was_measured_between_a_withdrawal_and_a_new_consent_stays_out(landing: Landing) -> None:
    landing.add("customer", customer("a", T0, T0)).add("customer", customer("a", T0 + 10, None))
    landing.add("customer", customer("a", T0 + 20, T0))
    landing.add("accelerometer", *(accelerometer("a", T0 + n) for n in (5, 9, 10, 15)))
    landing.add("step_trainer", *(step("a", T0 + n) for n in (5, 9, 10, 15)))
    since = {"consent_scope": "since_consent"}
    assert landing.outcomes("accelerometer", **since) == {"before_consent": 2, "trusted": 2}
    assert landing.outcomes("step_trainer", **since) == {"before_consent": 2, "trusted": 2}
    assert landing.outcomes("accelerometer") == {"trusted": 4}


@pytest.mark.parametrize(
    ("records", "state"),
    [
        ([customer("a")], "consents"),
        ([customer("a", birthDay="2007-11-14")], "consents"),
        ([customer("a", birthDay="2007-11-15")], "below_minimum_age"),  # sixteen on the next day
        ([customer("a", birthDay="2006-13-01")], "below_minimum_age"),
        ([customer("a", birthDay="1899-01-01")], "below_minimum_age"),
        ([customer("a", T0 + 1, birthDay="2007-11-15")], "below_minimum_age"),  # on the consent date, not since
        ([customer("a", birthDay="2010-01-01"), customer("a", T0 + 1)], "consents"),
        ([customer("a"), customer("a", birthDay="2010-01-01")], "below_minimum_age"),  # a tie
        ([customer("a", consent=None, birthDay="2010-01-01")], "no_consent"),
        ([customer("a", birthDay="2010-01-01"), TORN], "in_doubt"),
    ],
)
def test_minimum_age(landing: Landing, records: list[dict | bytes], state: str) -> None:
    for record in records:
        landing.add("customer", record)
    landing.add("accelerometer", accelerometer("a")).add("step_trainer", step("a"))
    assert landing.state(minimum_age=16) == state
    outcome = "trusted" if state == "consents" else state
    for entity in ("accelerometer", "step_trainer"):
        assert landing.outcomes(entity, minimum_age=16) == {outcome: 1}
    assert landing.outcomes("customer", minimum_age=16)[outcome] == 1
    assert landing.state() != "below_minimum_age"


@pytest.mark.parametrize("options", [{"consent_scope": "x"}, {"ml_join": "x"}, {"k_anonymity": 1}])
def test_unknown_options_are_refused(landing: Landing, options: dict) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
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
    for name in ("a", "b"):
        landing.add("customer", customer(name, consent=T0 + 30 * DAY, registrationDate=T0))
        landing.add("accelerometer", accelerometer(name))
    landing.add("customer", customer("c")).add("step_trainer", step("c"))  # without accelerometer data
    people = [pseudonym("a@example.com"), pseudonym("b@example.com")]
    rows = sorted(landing.expected(k_anonymity=2)["customers_curated"])
    assert rows == sorted((person, "40-49", "2023-11", "2023-12") for person in people)
    rows = sorted(landing.expected()["customers_curated"])
    assert rows == sorted((person, "all", "all", "all") for person in people)


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


def people(**groups: tuple) -> dict:
    """Name to (how many, age, month `2022-06` or None, consent month likewise) as `generalise` wants them."""

    def month(text: str | None) -> datetime | None:
        return datetime.strptime(text, "%Y-%m") if text else None

    return {
        f"{name}{number}": (date(2000 - age, 1, 1) if age >= 0 else None, month(registered), month(consented))
        for name, (count, age, registered, consented) in groups.items()
        for number in range(count)
    }


def bands(k: int, **groups: tuple) -> dict[tuple[str, str, str], int]:
    return dict(Counter(truth.generalise(people(**groups), k).values()))


def test_each_level_of_k_anonymity() -> None:
    # Born on 1 January of 2000 - age: 22 years older than `age` in 2022.
    assert bands(
        2,
        stays=(2, 10, "2022-06", "2023-01"),  # 32
        twenty=(1, 20, "2022-07", "2023-04"),  # 42 ...
        years=(1, 30, "2022-08", "2023-06"),  # ... and 52, of one quarter
        far=(1, 0, "2022-01", "2023-01"),  # 22 ...
        apart=(1, 60, "2022-12", "2023-12"),  # ... and 82, of one year
        old=(1, 10, "2020-05", "2023-01"),
        older=(1, 10, "2019-05", "2023-01"),
    ) == {
        ("30-39", "2022-06", "2023-01"): 2,
        ("40-59", "2022-Q3", "2023-Q2"): 2,
        ("all", "2022", "2023"): 2,
        ("all", "all", "all"): 2,
    }  # fmt: skip


def test_people_who_differ_in_the_month_of_consent_alone_are_no_group() -> None:
    assert bands(2, a=(1, 10, "2022-06", "2023-01"), b=(1, 10, "2022-06", "2023-02")) == {
        ("20-39", "2022-Q2", "2023-Q1"): 2,
    }  # fmt: skip
    assert bands(2, a=(1, 10, "2022-06", "2023-03"), b=(1, 10, "2022-06", "2023-04")) == {("all", "2022", "2023"): 2}
    assert bands(2, a=(1, 10, "2022-06", "2023-03"), b=(1, 10, "2022-06", "2024-03")) == {("all", "all", "all"): 2}


def test_unknown_stays_unknown_up_to_all() -> None:
    c = "2023-01"
    assert bands(2, a=(2, -1, "2022-06", c), b=(2, 10, None, c), c=(1, -1, "2023-01", c), d=(1, -1, "2023-06", c)) == {
        ("unknown", "2022-06", c): 2, ("unknown", "unknown", c): 2, ("all", "2023", "2023"): 2,
    }  # fmt: skip


def test_the_smallest_group_joins_a_remainder_below_k() -> None:
    c = "2023-01"
    assert bands(3, big=(4, 10, "2022-06", c), small=(3, 30, "2022-06", c), odd=(1, 10, "2019-01", c)) == {
        ("30-39", "2022-06", c): 4, ("all", "all", "all"): 4,
    }  # fmt: skip


def test_as_many_groups_join_as_are_needed() -> None:
    c = "2023-01"
    assert bands(4, a=(4, 10, "2022-06", c), odd=(1, 10, "2019-01", c)) == {("all", "all", "all"): 5}
    # Of five and five with one left, one group is enough.
    assert bands(5, a=(5, 10, "2022-06", c), b=(6, 30, "2022-06", c), odd=(1, 10, "2019-01", c)) == {
        ("50-59", "2022-06", c): 6, ("all", "all", "all"): 6,
    }  # fmt: skip


def test_of_groups_of_one_size_the_finer_joins() -> None:
    c = "2023-01"
    # 2021: 31 and 41 in different quarters meet at level 2.
    assert bands(
        2, a=(2, 30, "2022-06", c), b=(1, 10, "2021-01", c), c=(1, 20, "2021-12", c), odd=(1, 10, "2019-01", c)
    ) == {("all", "2021", "2023"): 2, ("all", "all", "all"): 3}


@pytest.mark.parametrize(
    ("joins", "stays"),
    [
        ((2, 10, "2022-06", "2023-02"), (2, 30, "2022-05", "2023-01")),  # the band first
        ((2, 10, "2022-05", "2023-02"), (2, 10, "2022-06", "2023-01")),  # then the month of registration
        ((2, 10, "2022-05", "2023-01"), (2, 10, "2022-05", "2023-02")),  # then that of consent
    ],
)
def test_of_groups_of_one_size_and_level_the_first_in_text_order_joins(joins: tuple, stays: tuple) -> None:
    alone = set(bands(2, stays=stays))
    assert len(alone) == 1
    assert set(bands(2, stays=stays, joins=joins, odd=(1, 10, "2019-01", "2023-01"))) == alone | {("all",) * 3}


def test_fewer_than_k_people_are_all_all() -> None:
    assert bands(5, a=(4, 10, "2022-06", "2023-01")) == {("all", "all", "all"): 4}
    assert bands(5) == {}


MONTHS = st.sampled_from([None, "2021-01", "2021-02", "2022-01", "2022-12"])


@given(st.lists(st.tuples(st.integers(-1, 100), MONTHS, MONTHS)), st.integers(1, 6))
def test_groups_have_k_people(everybody: list[tuple[int, str | None, str | None]], k: int) -> None:
    groups = bands(k, **{f"p{i}_": (1, *person) for i, person in enumerate(everybody)})
    assert sum(groups.values()) == len(everybody)
    assert all(count >= k for count in groups.values()) or set(groups) == {("all", "all", "all")}


# Every line once


def test_outcomes_sum_to_landing_and_trusted_to_the_tables(landing: Landing) -> None:
    landing.add("customer", customer("a"), customer("b", consent=None), customer("a"), b"x", customer("c", 0))
    landing.add("customer", customer("d"), customer("d", FUTURE, None), customer("e", FUTURE), customer("a", T0 - 1))
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
    relations = [name for name in truth.COLUMNS if name not in ("int_consent", "row_outcome")]
    assert [len(rows[name]) for name in relations] == counts
