"""A catalogue of hostile and clumsy updates, each with what must come of it, worked out by hand from docs/rules.md.

Each case has a person of its own, who consented and has readings, and to whom something happens afterwards. No two
cases share an e-mail, a device, a name or a time of reading, so all of them can lie in one landing and be built in
one go: `write` lays it out, and `differences` says which cases came out otherwise than they must. The reference and
both engines are held against it.

Whoever withdraws, however clumsily, must be out. Whoever did nothing must be in: the controls show that a rule is not
kept by throwing everybody out.
"""

from __future__ import annotations

import base64
import gzip
import hmac
import json
import os
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from support.truth import COLUMNS

START = 1_749_999_600_000
"""2025-06-15 15:00 UTC in epoch milliseconds: the date of everybody's consent, and when it landed."""
HOUR = 3_600_000
DAY = 24 * HOUR
FUTURE = 4_083_955_200_000
"""2099-06-01."""
LONG = 3_000_000
"""Characters of a long line: more than engines read unless told to."""
GONE = object()
"""The value of a field that a document shall not have."""

TRUSTED, IN_DOUBT, NO_CONSENT = "trusted", "in_doubt", "no_consent"


@dataclass(frozen=True)
class File:
    """A landing file; files of one name in one hour are one file."""

    entity: str
    name: str
    content: bytes
    hour: int
    """When it lands, in hours after `START`."""


@dataclass(frozen=True)
class Person:
    """Whose case it is, with the documents that speak of them."""

    name: str
    number: int
    begins: Mapping[str, object]

    @property
    def email(self) -> str:
        return f"{self.name}@example.org"

    @property
    def serial_number(self) -> str:
        return f"device-{self.name}"

    @property
    def first_reading(self) -> int:
        return START - DAY + self.number * 60_000

    def consent(self, **changes: object) -> dict:
        """The record that everybody begins with, with changes."""
        return document(
            {
                "customerName": f"Runner {self.name}",
                "email": self.email,
                "phone": f"555-{self.number:05}",
                "birthDay": "1980-06-15",
                "serialNumber": self.serial_number,
                "registrationDate": START - 40 * DAY,
                "lastUpdateDate": START,
                "shareWithResearchAsOfDate": START - 30 * DAY,
                **self.begins,
                **changes,
            }
        )

    def refusal(self, **changes: object) -> dict:
        """A withdrawal an hour later."""
        return self.consent(**{"lastUpdateDate": START + HOUR, "shareWithResearchAsOfDate": GONE, **changes})

    def again(self, hours: int, **changes: object) -> dict:
        """A new consent, so many hours later."""
        return self.consent(**{"lastUpdateDate": START + hours * HOUR, **changes})

    def elsewhere(self, **changes: object) -> dict:
        """A withdrawal with another e-mail."""
        return self.refusal(**{"email": f"new.{self.email}", **changes})

    def other(self, **changes: object) -> dict:
        """A withdrawal of somebody else, with a name and device of their own."""
        changes = {"email": f"other.{self.email}", "customerName": f"Other {self.name}"} | changes
        return self.refusal(**{"serialNumber": f"other-{self.serial_number}", **changes})

    def readings(self) -> list[File]:
        """Three accelerations and two steps, at times that are nobody else's."""
        times = range(self.first_reading, self.first_reading + 3_000, 1_000)
        accelerations = [{"user": self.email, "timestamp": time, "x": 1, "y": 0.5, "z": -1} for time in times]
        steps = [
            {"sensorReadingTime": time, "serialNumber": self.serial_number, "distanceFromObject": 200}
            for time in times[:2]
        ]
        return [lands(*accelerations, entity="accelerometer"), lands(*steps, entity="step_trainer")]


def document(fields: Mapping[str, object]) -> dict:
    return {name: value for name, value in fields.items() if value is not GONE}


def line(fields: Mapping[str, object], **options: object) -> bytes:
    """A document as JSON, in UTF-8 and on one line unless told otherwise."""
    return json.dumps(fields, **{"ensure_ascii": False, **options}).encode()


def lands(*documents: dict | bytes, hour: int = 0, name: str = "", entity: str = "customer") -> File:
    """A file of documents, or their part of the file of that hour."""
    content = b"".join((d if isinstance(d, bytes) else line(d)) + b"\n" for d in documents)
    return File(entity, name or f"{'before' if hour < 0 else 'after'}-{abs(hour)}h.json", content, hour)


Update = Callable[[Person], Iterable[File]]
"""What happens to a person."""


@dataclass(frozen=True)
class Case:
    """What happens to a person, and what must come of it."""

    name: str
    """Also the name, e-mail and device of the person."""

    outcome: str
    """Of the record that decides: `trusted`, `in_doubt` or `no_consent`."""

    update: Update
    """The files that land besides the consent and the readings."""

    steps_are_theirs: bool = True
    """Whether the device is found to be this person's; matters where the outcome is `trusted`."""

    begins: Mapping[str, object] = field(default_factory=dict)
    """What the first record has otherwise than others."""


def later(make: Callable[[Person], dict | bytes], hour: int = 1, **options: str) -> Update:
    """One document or line, landing an hour after the consent unless told otherwise."""
    return lambda p: [lands(make(p), hour=hour, **options)]


def refusing(**changes: object) -> Callable[[Person], dict]:
    return lambda p: p.refusal(**changes)


def edited(change: Callable[[bytes], bytes]) -> Callable[[Person], bytes]:
    """A withdrawal whose line was changed."""
    return lambda p: change(line(p.refusal()))


def with_in_it(text: bytes) -> Callable[[Person], bytes]:
    """A withdrawal with one more piece of text before its closing brace."""
    return edited(lambda raw: raw[:-1] + b", " + text + b"}")


# Withdrawals that are rejected for something else. The line names the person all the same.

REJECTED: dict[str, Callable[[Person], dict | bytes]] = {
    "serial-missing": refusing(serialNumber=GONE),
    "serial-null": refusing(serialNumber=None),
    "serial-empty": refusing(serialNumber=""),
    "serial-blank": refusing(serialNumber=" \u00a0"),
    "serial-nested": lambda p: p.refusal(serialNumber={"id": p.serial_number}),
    "serial-in-an-array": lambda p: p.refusal(serialNumber=[p.serial_number]),
    "share-date-twice-in-another-case": refusing(shareWithResearchAsOfDate=START, ShareWithResearchAsOfDate=None),
    "share-date-twice-with-underscores": refusing(shareWithResearchAsOfDate=START, share_with_research_as_of_date=None),
    "share-date-twice-with-spaces": refusing(
        shareWithResearchAsOfDate=START, **{"Share With Research-As-Of\u00a0Date": None}
    ),
    "share-date-thrice": with_in_it(
        b'"shareWithResearchAsOfDate": null, "SHAREWITHRESEARCHASOFDATE": 1, "shareWithResearchAsOfDate": null'
    ),
    "update-missing": refusing(lastUpdateDate=GONE),
    "update-null": refusing(lastUpdateDate=None),
    "update-iso": refusing(lastUpdateDate="2025-06-15T16:00:00Z"),
    "update-words": refusing(lastUpdateDate="yesterday"),
    "update-fraction": refusing(lastUpdateDate=f"{START + HOUR}.5"),
    "update-point-without-zeros": refusing(lastUpdateDate=f"{START + HOUR}."),
    "update-exponent": refusing(lastUpdateDate="1.7E12"),
    "update-exponent-number": edited(lambda raw: raw.replace(str(START + HOUR).encode(), b"1.7500032E12")),
    "update-seconds": refusing(lastUpdateDate=(START + HOUR) // 1000),
    "update-microseconds": refusing(lastUpdateDate=(START + HOUR) * 1000),
    "update-nanoseconds": refusing(lastUpdateDate=(START + HOUR) * 1_000_000),
    "update-more-than-64-bits": refusing(lastUpdateDate=10**30),
    "update-negative": refusing(lastUpdateDate=-START),
    "update-zero": refusing(lastUpdateDate=0),
    "update-true": refusing(lastUpdateDate=True),
    "update-empty": refusing(lastUpdateDate=""),
    "update-blank": refusing(lastUpdateDate="  "),
    "update-with-spaces": refusing(lastUpdateDate=f" {START + HOUR} "),
    "update-grouped": refusing(lastUpdateDate="1,750,003,200,000"),
    "update-in-arabic-digits": refusing(lastUpdateDate="١٧٥٠٠٠٣٢٠٠٠٠٠"),
    "update-hexadecimal": refusing(lastUpdateDate=hex(START + HOUR)),
    "update-nested": refusing(lastUpdateDate={"$date": START + HOUR}),
    "update-in-an-array": refusing(lastUpdateDate=[START + HOUR]),
    "update-after-2100": refusing(lastUpdateDate=4_102_444_800_001),
    "update-before-2000": refusing(lastUpdateDate=946_684_799_999),
    # The e-mail is not where it belongs.
    "email-field-capitalised": lambda p: p.refusal(email=GONE, Email=p.email),
    "email-field-in-capitals": lambda p: p.refusal(email=GONE, EMAIL=p.email),
    "email-field-hyphenated": lambda p: p.refusal(email=GONE, **{"e-mail": p.email}),
    "email-field-with-a-space": lambda p: p.refusal(email=GONE, **{"email ": p.email}),
    "email-field-called-user": lambda p: p.refusal(email=GONE, user=p.email),
    "email-in-the-name": lambda p: p.refusal(email=GONE, customerName=f"Runner <{p.email}>"),
    "email-nested": lambda p: p.refusal(email={"address": p.email, "verified": True}),
    "email-in-an-array": lambda p: p.refusal(email=[p.email]),
    "email-null-and-nested-elsewhere": lambda p: p.refusal(email=None, contact={"emails": [p.email]}),
    "email-with-a-remark": lambda p: p.refusal(email=f"{p.email} (private)"),
    "email-and-another": lambda p: p.refusal(email=f"{p.email}, old.{p.email}"),
    "email-twice-in-the-value": lambda p: p.refusal(email=f"{p.email};{p.email}"),
    "email-behind-another-in-brackets": lambda p: p.refusal(email=f"Runner <x@example.org> One <{p.email}>"),
    "email-before-another-in-brackets": lambda p: p.refusal(email=f"Ann <{p.email}>, Bob <x@example.org>"),
    "email-with-a-tag-behind": lambda p: p.refusal(email=f"<b>{p.email}</b> ok"),
    # Lines that were cut or torn.
    "cut-after-the-email": lambda p: line(p.refusal()).partition(p.email.encode())[0] + p.email.encode() + b'"',
    "cut-within-the-quotes": lambda p: line(p.refusal()).partition(p.email.encode())[0] + p.email.encode(),
    "cut-before-the-brace": edited(lambda raw: raw[:-1]),
    "cut-at-the-start": edited(lambda raw: raw[1:]),
    "line-feed-in-a-text": lambda p: line(p.refusal()).replace(b"Runner ", b"Runner\n"),
    "carriage-return-in-a-text": lambda p: line(p.refusal()).replace(b"Runner ", b"Runner\r"),
    "pretty-printed": lambda p: line(p.refusal(), indent=2),
    "pretty-printed-with-tabs": lambda p: line(p.refusal(), indent="\t"),
    "pretty-printed-für-jürgen": lambda p: line(p.refusal(), indent=2),
    "pretty-printed-and-escaped-für-jürgen": lambda p: line(p.refusal(), indent=2, ensure_ascii=True),
    # Characters and bytes that do not belong.
    "name-in-latin-1": lambda p: line(p.refusal(phone="Jörg")).replace("ö".encode(), b"\xf6"),
    "name-in-windows-1252": lambda p: line(p.refusal(phone="@@")).replace(b"@@", b"\x93J\x94"),
    "name-overlong": lambda p: line(p.refusal(phone="@@")).replace(b"@@", b"\xc0\xaf"),
    "name-with-a-coded-surrogate": lambda p: line(p.refusal(phone="@@")).replace(b"@@", b"\xed\xa0\xbd"),
    "half-an-emoji": lambda p: line(p.refusal(phone="\ud83d"), ensure_ascii=True),
    "other-half-of-an-emoji": lambda p: line(p.refusal(phone="\ude00 "), ensure_ascii=True),
    "nul-in-a-text": lambda p: line(p.refusal()).replace(b"Runner", b"Run\0ner"),
    "nul-in-the-email": lambda p: line(p.refusal()).replace(b"nul-in", b"nul\0-in"),
    "nul-behind": edited(lambda raw: raw + b"\0" * 8),
    "nul-between": edited(lambda raw: raw.replace(b", ", b",\0")),
    "tab-in-a-text": lambda p: line(p.refusal()).replace(b"Runner ", b"Runner\t"),
    "escape-character-in-a-text": lambda p: line(p.refusal()).replace(b"Runner ", b"Runner\x1b"),
    "byte-order-mark-inside": edited(lambda raw: raw.replace(b", ", b",\xef\xbb\xbf", 1)),
    "no-break-space-inside": edited(lambda raw: raw.replace(b", ", b",\xc2\xa0", 1)),
    # Nearly JSON.
    "nan": with_in_it(b'"weight": NaN'),
    "infinity": with_in_it(b'"weight": -Infinity'),
    "undefined": with_in_it(b'"weight": undefined'),
    "leading-zero": with_in_it(b'"weight": 070'),
    "leading-plus": with_in_it(b'"weight": +70'),
    "point-without-digits": with_in_it(b'"weight": 70.'),
    "true-in-capitals": with_in_it(b'"active": True'),
    "comma-before-the-brace": edited(lambda raw: raw[:-1] + b",}"),
    "two-commas-behind": edited(lambda raw: raw + b",,"),
    "semicolon-behind": edited(lambda raw: raw + b";"),
    "bracket-before": edited(lambda raw: b"[" + raw + b","),
    "bracket-behind": edited(lambda raw: raw + b"]"),
    "object-in-an-object": lambda p: {"customer": p.refusal()},
    "objects-in-a-list": lambda p: {"Records": [{"body": p.refusal()}]},
    "single-quotes": lambda p: str(p.refusal()).encode(),
    "names-without-quotes": lambda p: b"{email: " + p.email.encode() + b", share: no}",
    "comment-in-it": edited(lambda raw: raw.replace(b", ", b", /* withdrawn */ ", 1)),
    "quote-in-a-text": lambda p: line(p.refusal()).replace(b"Runner ", b'"Runner" '),
    "escape-that-is-none": lambda p: line(p.refusal()).replace(b"Runner ", rb"Runner\x20"),
    "comma-missing": edited(lambda raw: raw.replace(b'", "', b'" "', 1)),
    "colon-missing": edited(lambda raw: raw.replace(b": ", b" ", 1)),
    "json-in-a-text": lambda p: line(json.dumps(p.refusal())),
    "json-in-a-text-für-jürgen": lambda p: line(line(p.refusal()).decode(), ensure_ascii=True),
    "json-in-a-field-für-jürgen": lambda p: {"body": json.dumps(p.refusal())},
    "json-in-a-field-in-a-field": lambda p: {"Records": [{"body": json.dumps({"Message": json.dumps(p.refusal())})}]},
    "pretty-json-in-a-field": lambda p: {"body": json.dumps(p.refusal(), indent=2).replace("@", "\\u0040")},
    "json-in-a-field": lambda p: {"body": json.dumps(p.refusal())},
    "repeated-email": lambda p: with_in_it(b'"email": "old.' + p.email.encode() + b'"')(p),
    "repeated-email-of-equals": lambda p: with_in_it(b'"email": "' + p.email.encode() + b'"')(p),
    "repeated-email-escaped": with_in_it(rb'"em\u0061il": null'),
    "repeated-update-date": with_in_it(b'"lastUpdateDate": ' + str(START - 9 * DAY).encode()),
    "repeated-share-date": with_in_it(
        b'"shareWithResearchAsOfDate": null, "shareWithResearchAsOfDate": ' + str(START).encode()
    ),
    "repeated-name": with_in_it(b'"customerName": "R"'),
    # No JSON at all.
    "csv": lambda p: f"{p.name},{p.email},,1980-06-15,{p.serial_number},{START},".encode(),
    "csv-with-semicolons": lambda p: f'"{p.name}";"{p.email}";"";"{p.serial_number}"'.encode(),
    "tab-separated": lambda p: f"{p.name}\t{p.email}\t\t{p.serial_number}".encode(),
    "query-string": lambda p: f"email={p.email}&serialNumber={p.serial_number}&research=".encode(),
    "yaml": lambda p: f"- email: {p.email}".encode(),
    "xml": lambda p: f"<customer><email>{p.email}</email></customer>".encode(),
    "log-line": lambda p: b"2025-06-15 16:00 INFO " + line(p.refusal()),
    "hash-comment": edited(lambda raw: b"# " + raw),
    "plain-words": lambda p: f"Please take {p.email} out of the research, thank you.".encode(),
    "plain-words-with-a-full-stop": lambda p: f"Withdrawn: {p.email}.".encode(),
    "plain-words-in-full-width": lambda p: f"({full_width(p.email)})".encode(),
    # An e-mail may have characters that usually stand around one.
    "o'neill-in-csv": lambda p: f"{p.name},{p.email},,{START},".encode(),
    "d'arcy-in-single-quotes": lambda p: f"{{'email': '{p.email}'}}".encode(),
    "o'brien-and-another": lambda p: p.refusal(email=f"{p.email}, x@example.org"),
    "o'casey-with-a-remark": lambda p: p.refusal(email=f"Runner <{p.email}> (private)"),
    "this/that-in-xml": lambda p: f"<email>{p.email}</email>".encode(),
    "left!right-in-a-query-string": lambda p: f"research=&email={p.email}&when={START}".encode(),
    "either|or=both-in-words": lambda p: f"Not {p.email}, please.".encode(),
    "link": lambda p: f'<a href="mailto:{p.email}?subject=Withdraw">stop</a>'.encode(),
    # Spelled otherwise as well.
    "cut-and-spelled-apart-für-jürgen": lambda p: line({"email": unicodedata.normalize("NFD", p.email)})[:-1],
    "cut-and-in-full-width": lambda p: line({"email": full_width(p.email)})[:-1],
    "cut-and-with-a-soft-hyphen": lambda p: line({"email": p.email.replace("-", "-\u00ad")})[:-1],
    "cut-and-with-a-name": lambda p: line({"email": f"Runner <{p.email}>"})[:-1],
    "cut-and-o'neill/ß+x": lambda p: line({"email": p.email})[:-1],
    "cut-and-in-capitals": lambda p: line({"email": p.email.upper()})[:-1],
    # Escapes where the text as a whole is not the inside of a JSON string.
    "escaped-für-jürgen-and-cut-in-an-escape": lambda p: line({"email": p.email, "n": "ü"}, ensure_ascii=True)[:-4],
    "escaped-für-jürgen-with-half-an-emoji": lambda p: line(p.refusal(phone="\ud83d"), ensure_ascii=True),
    "escaped-für-jürgen-behind-a-backslash": lambda p: line({"n": "\\", "email": p.email}, ensure_ascii=True)[:-1],
    "long": with_in_it(b'"note": "' + b"x" * LONG + b'"'),
    "long-and-cut": lambda p: line(p.refusal())[:-1] + b', "note": "' + b"x" * LONG,
}


PAIRS = "「」 『』 【】 〈〉 《》 〔〕 （） ［］ ｛｝ ‹› «» “” ‘’ „“ () [] {} <> __ ** `` || '' \"\" ~~"
AROUND: list[tuple[str, str]] = [
    *((pair[0], pair[1]) for pair in PAIRS.split(" ")),
    *(("", mark) for mark in ".,;:!?。、，；：！？…—–؛؟،·|।"),
    *((mark, "") for mark in "•·→—–…:=#>*-¿¡※★"),
    *(("**", "**"), ("—", "—thanks"), ("请联系", "谢谢"), ("вот:", ",спасибо"), ("メールは", "です"), ("邮箱", "。")),
]
"""What stands around an e-mail in a text, before it and behind it."""

REJECTED |= {
    f"mark-{number}-in-a-text": lambda p, around=around: f"Out: {around[0]}{p.email}{around[1]} please".encode()
    for number, around in enumerate(AROUND)
}
REJECTED |= {
    f"mark-{number}-in-the-field": lambda p, around=around: p.refusal(email=f"{around[0]}{p.email}{around[1]}")
    for number, around in enumerate(AROUND)
    # An e-mail may begin so, or is taken out of it.
    if around[0] not in ("<", "_", "=", "#", "-", "~") and not around[0][:1].isalpha()
    if around not in ((">", ""), ("…", ""))
}


def in_base64(text: str | bytes) -> str:
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def error_record(p: Person) -> dict:
    """What Firehose writes of a record that it could not deliver."""
    raw = in_base64(line(p.refusal()))
    return {"attemptsMade": 4, "arrivalTimestamp": START, "errorCode": "Lambda.FunctionError", "rawData": raw}


def escaped(text: str, times: int) -> str:
    """Written as the inside of a JSON string, so many times, in ASCII."""
    for _ in range(times):
        text = json.dumps(text)[1:-1]
    return text


CYRILLIC = "в" * 64
REJECTED |= {
    "latin-1-für-jürgen-and-cut": lambda p: line(p.refusal()).decode().encode("latin-1")[:-1],
    "windows-1252-für-jürgen-š": lambda p: line(p.refusal()).decode().encode("cp1252"),
    "escaped-thrice-für-jürgen": lambda p: {"body": escaped(line(p.refusal(), ensure_ascii=True).decode(), 3)},
    "escaped-seven-times-für-jürgen": lambda p: f'{{"body": "{escaped(line(p.refusal()).decode(), 7)}"'.encode(),
    "escaped-backslash-in-a-long-line": lambda p: (
        b'{"n": "' + b"x" * 3000 + b'", "e": "' + p.email.replace("@", r"\u005cu0040").encode() + b'"'
    ),
    f"{CYRILLIC}-escaped-twice": lambda p: {"body": escaped(line(p.refusal(), ensure_ascii=True).decode(), 2)},
    "long-and-latin-1-für-jürgen": lambda p: line(p.refusal(phone="x" * 3000)).decode().encode("latin-1"),
    "error-record": error_record,
    "error-record-of-a-kinesis-record": lambda p: {
        "Records": [{"kinesis": {"data": in_base64(line(error_record(p)))}}]
    },
    "base64-of-utf-16-für-jürgen": lambda p: {"data": in_base64(line(p.refusal()).decode().encode("utf-16"))},
    "base64-of-latin-1-für-jürgen": lambda p: {"data": in_base64(line(p.refusal()).decode().encode("latin-1"))},
    "base64-over-several-lines": lambda p: {"data": base64.encodebytes(line(p.refusal())).decode()},
    "base64-for-addresses": lambda p: {
        "data": base64.urlsafe_b64encode(line(p.refusal(phone=">>>???"))).decode().rstrip("=")
    },
    "hexadecimal": lambda p: {"data": line(p.refusal()).hex()},
    "hexadecimal-in-capitals": lambda p: line(p.refusal()).hex().upper().encode(),
    "base64-in-a-torn-line": lambda p: line(error_record(p))[:-1],
    "control-character-before": edited(lambda raw: b"\x01" + raw),
    "control-character-behind": edited(lambda raw: b"ab\x01" + raw),
    "control-characters-inside": edited(lambda raw: raw.replace(b": ", b":\x01\x02\x03", 2)),
    "several-and-one-is-cut": edited(lambda raw: raw + raw[:-1]),
    "several-with-a-word-between": edited(lambda raw: raw + b" and " + raw),
    "array-with-a-number": edited(lambda raw: b"[" + raw + b", 5]"),
    "array-in-an-array": edited(lambda raw: b"[[" + raw + b"]]"),
    "array-with-a-comma-too-many": edited(lambda raw: b"[" + raw + b",]"),
    "email-of-900-kb": lambda p: p.refusal(email="x" * 900_000 + f" {p.email}"),
}


# Withdrawals in good order but for how the e-mail is spelled.


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def bold(text: str) -> str:
    """Small letters as mathematics has them."""
    return "".join(chr(0x1D41A + ord(c) - ord("a")) if "a" <= c <= "z" else c for c in text)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "spelled-in-capitals": str.upper,
    "spelled-with-spaces-around": lambda e: f"  {e}\t",
    "spelled-with-no-break-spaces-around": lambda e: f"\u00a0{e}\u202f",
    "spelled-with-ideographic-spaces-around": lambda e: f"\u3000{e}\u3000",
    "spelled-with-line-feeds-around": lambda e: f"\n{e}\r\n",
    "spelled-with-a-byte-order-mark": lambda e: f"\ufeff{e}",
    "spelled-with-a-zero-width-space": lambda e: e.replace("@", "\u200b@"),
    "spelled-with-a-zero-width-joiner": lambda e: e.replace("-", "\u200d-"),
    "spelled-with-a-soft-hyphen": lambda e: e.replace("example", "exam\u00adple"),
    "spelled-with-a-word-joiner": lambda e: f"{e}\u2060",
    "spelled-from-right-to-left": lambda e: f"\u202e{e}\u202c",
    "spelled-with-a-direction-mark": lambda e: f"\u200e{e}\u061c",
    "spelled-with-tags": lambda e: f"{e}\U000e0041\U000e007f",
    "spelled-apart-für-jürgen": lambda e: unicodedata.normalize("NFD", e),
    "spelled-apart-in-capitals-für-jürgen": lambda e: unicodedata.normalize("NFD", e).upper(),
    "spelled-in-full-width": full_width,
    "spelled-with-a-full-width-at": lambda e: e.replace("@", "\uff20"),
    "spelled-with-a-small-at": lambda e: e.replace("@", "\ufe6b"),
    "spelled-with-a-ligature-fi": lambda e: e.replace("fi", "\ufb01"),
    "spelled-with-a-ligature-st": lambda e: e.replace("st", "\ufb06"),
    "spelled-with-a-kelvin-sign": lambda e: e.replace("k", "\u212a"),
    "spelled-with-an-ångström-sign": lambda e: e.replace("å", "\u212b"),
    "spelled-with-a-capital-sharp-ß": lambda e: e.replace("ß", "\u1e9e"),
    "spelled-with-a-long-s": lambda e: e.replace("s", "\u017f"),
    "spelled-with-a-dotted-capital-i": lambda e: e.replace("i", "\u0130"),
    "spelled-in-bold-mathematics": bold,
    "spelled-with-a-circled-letter": lambda e: e.replace("c", "\u24d2"),
    "spelled-with-a-superscript-n": lambda e: e.replace("n", "\u207f"),
    "spelled-with-mailto": lambda e: f"mailto:{e}",
    "spelled-with-mailto-and-a-subject": lambda e: f"MailTo: {e}?subject=Withdraw",
    "spelled-with-a-name": lambda e: f"Runner One <{e}>",
    "spelled-with-a-quoted-name": lambda e: f'"One, Runner" <{e}> ',
    "spelled-in-angle-brackets": lambda e: f"< {e} >",
    "spelled-in-full-width-brackets": lambda e: f"\uff1c{e}\uff1e",
    "spelled-with-a-name-and-mailto": lambda e: f"Runner <mailto:{e}?cc=x>",
}


# Records in good order that do not say yes.

NO_YES: dict[str, Callable[[Person], dict | bytes]] = {
    "share-date-missing": refusing(),
    "share-date-null": refusing(shareWithResearchAsOfDate=None),
    "share-date-zero": refusing(shareWithResearchAsOfDate=0),
    "share-date-zero-as-text": refusing(shareWithResearchAsOfDate="0"),
    "share-date-future": refusing(shareWithResearchAsOfDate=FUTURE),
    "share-date-negative": refusing(shareWithResearchAsOfDate=-START),
    "share-date-in-seconds": refusing(shareWithResearchAsOfDate=START // 1000),
    "share-date-iso": refusing(shareWithResearchAsOfDate="2025-06-15"),
    "share-date-words": refusing(shareWithResearchAsOfDate="yes, since May"),
    "share-date-true": refusing(shareWithResearchAsOfDate=True),
    "share-date-empty": refusing(shareWithResearchAsOfDate=""),
    "share-date-fraction": refusing(shareWithResearchAsOfDate=f"{START}.5"),
    "share-date-nested": refusing(shareWithResearchAsOfDate={"since": START}),
    "share-date-before-2000": refusing(shareWithResearchAsOfDate=946_684_799_999),
    "share-date-capitalised": refusing(ShareWithResearchAsOfDate=START),
    "update-with-a-point-and-zeros": refusing(lastUpdateDate=f"{START + HOUR}.000"),
    "update-as-pandas-leaves-it": refusing(lastUpdateDate=float(START + HOUR)),
    "share-dates-of-others-only": refusing(shareWithPublicAsOfDate=START, shareWithFriendsAsOfDate=START),
    "rubbish-in-the-other-fields": refusing(registrationDate="soon", birthDay="1399-02-30", customerName={}, phone=[]),
    "another-device": refusing(serialNumber="device-nobody-else-has"),
    "unknown-fields": refusing(email2="x@example.org", note={"email": ["y@example.org"]}),
    "field-names-escaped": edited(lambda raw: raw.replace(b'"email"', rb'"\u0065mail"')),
    "email-escaped": lambda p: line(p.refusal(email="@@")).replace(
        b"@@", "".join(f"\\u{ord(c):04X}" for c in p.email).encode()
    ),
    "byte-order-mark-before": edited(lambda raw: b"\xef\xbb\xbf" + raw),
    "comma-behind": edited(lambda raw: raw + b" ,\r"),
    "array-over-several-lines": edited(lambda raw: b"[\n" + raw + b",\n]"),
    "somebody-unreadable-before-it": edited(lambda raw: b'{"customerName": "\xff\n' + raw),
    "of-the-same-moment": refusing(lastUpdateDate=START),
    "of-the-same-moment-for-the-future": refusing(lastUpdateDate=START, shareWithResearchAsOfDate=FUTURE),
}


# How a withdrawal lands.


def packed(p: Person) -> list[File]:
    return [File("customer", "withdrawals.json.gz", gzip.compress(line(p.refusal()) + b"\n", mtime=0), 1)]


def in_encoding(encoding: str) -> Update:
    return lambda p: [File("customer", f"{encoding}.json", (line(p.refusal()).decode() + "\n").encode(encoding), 1)]


LANDED = [
    Case("several-in-a-line", NO_CONSENT, later(lambda p: line(p.other()) + line(p.refusal()))),
    Case(
        "several-in-a-line-with-spaces",
        NO_CONSENT,
        later(lambda p: line(p.other()) + b" \t, " + line(p.refusal(note={"a": [{"b": "}{"}, {}]})) + b","),
    ),
    Case("several-in-a-line-twice", NO_CONSENT, later(edited(lambda raw: raw + b" " + raw))),
    Case(
        "several-in-a-long-line",
        NO_CONSENT,
        later(lambda p: line(p.other()) * 20 + line(p.refusal(note="x" * 3000)) + line(p.other(phone="1")) * 20),
    ),
    Case("several-and-one-without-an-email", NO_CONSENT, later(lambda p: line(p.refusal()) + b"{}")),
    Case(
        "several-and-one-names-a-field-twice",
        NO_CONSENT,
        later(lambda p: line(p.refusal()) + b'{"email": "x@example.org", "email": "y@example.org"}'),
    ),
    Case(
        "several-and-one-is-rejected",
        IN_DOUBT,
        later(lambda p: line(p.other()) + line(p.refusal(lastUpdateDate="yesterday"))),
    ),
    Case("array-of-one", NO_CONSENT, later(edited(lambda raw: b"[" + raw + b"]"))),
    Case("array-of-two", NO_CONSENT, later(lambda p: b"[ " + line(p.other()) + b" ,\t" + line(p.refusal()) + b" ],")),
    Case("landed-packed", NO_CONSENT, packed),
    Case("landed-in-a-folder", NO_CONSENT, later(refusing(), name="2025/06/15/16/withdrawals.json")),
    Case("landed-under-an-odd-name", NO_CONSENT, later(refusing(), name="is it [1]? 100% of {them} & 'more'.json")),
    Case("landed-under-an-email", NO_CONSENT, later(refusing(), name="landed-under-an-email@example.org.json")),
    Case("landed-under-an-escaped-email", NO_CONSENT, later(refusing(), name="landed%40example.org/it is.json")),
    Case("landed-without-a-line-feed", NO_CONSENT, lambda p: [File("customer", "open.json", line(p.refusal()), 1)]),
    Case("landed-in-utf-16", IN_DOUBT, in_encoding("utf-16")),
    Case("landed-in-utf-16-le", IN_DOUBT, in_encoding("utf-16-le")),
    Case("landed-in-utf-16-be", IN_DOUBT, in_encoding("utf-16-be")),
]


# Dates that are not what they seem.

DATED = [
    Case("future-consent", TRUSTED, later(lambda p: p.again(1, lastUpdateDate=FUTURE))),
    Case("future-consent-and-a-refusal", NO_CONSENT, lambda p: [
        lands(p.again(1, lastUpdateDate=FUTURE), hour=1), lands(p.refusal(), hour=2),
    ]),
    Case("future-consent-from-the-start", NO_CONSENT, lambda p: [], begins={"lastUpdateDate": FUTURE}),
    Case("future-refusal", IN_DOUBT, later(refusing(lastUpdateDate=FUTURE))),
    Case("future-refusal-at-the-end-of-time", IN_DOUBT, later(refusing(lastUpdateDate=4_102_444_800_000))),
    Case("future-refusal-by-a-future-consent-date", IN_DOUBT, later(
        refusing(lastUpdateDate=FUTURE, shareWithResearchAsOfDate=FUTURE)
    )),
    Case("future-refusal-in-the-same-hour", IN_DOUBT, later(refusing(lastUpdateDate=FUTURE), hour=0)),
    Case("future-refusal-an-hour-before", TRUSTED, later(refusing(lastUpdateDate=FUTURE), hour=-1)),
    Case("future-refusal-and-a-future-consent", IN_DOUBT, lambda p: [
        lands(p.refusal(lastUpdateDate=FUTURE), hour=1), lands(p.again(1, lastUpdateDate=FUTURE + 1), hour=2),
    ]),
    Case("future-refusal-spelled-otherwise", IN_DOUBT, later(
        lambda p: p.refusal(lastUpdateDate=FUTURE, email=f"Runner <{p.email.upper()}>")
    )),
    Case("backdated-by-a-millisecond", IN_DOUBT, later(refusing(lastUpdateDate=START - 1))),
    Case("backdated-by-23-hours", IN_DOUBT, later(refusing(lastUpdateDate=START - 23 * HOUR))),
    Case("backdated-by-nearly-a-day", IN_DOUBT, later(refusing(lastUpdateDate=START - DAY + 1))),
    Case("backdated-by-a-day", IN_DOUBT, later(refusing(lastUpdateDate=START - DAY))),
    Case("backdated-by-26-hours", IN_DOUBT, later(refusing(lastUpdateDate=START - 26 * HOUR))),
    Case("backdated-by-more-than-26-hours", TRUSTED, later(refusing(lastUpdateDate=START - 26 * HOUR - 1))),
    Case("backdated-by-years", TRUSTED, later(refusing(lastUpdateDate=START - 999 * DAY))),
    Case("backdated-with-a-future-consent-date", IN_DOUBT, later(
        refusing(lastUpdateDate=START - 1, shareWithResearchAsOfDate=FUTURE)
    )),
    Case("backdated-spelled-otherwise", IN_DOUBT, later(
        lambda p: p.refusal(lastUpdateDate=START - 1, email=full_width(p.email))
    )),
    Case("backdated-in-another-file-of-the-same-moment", IN_DOUBT, later(
        refusing(lastUpdateDate=START - HOUR), hour=0, name="also.json"
    )),
    Case("backdated-in-both-files-of-the-same-moment", IN_DOUBT, lambda p: [
        lands(p.refusal(lastUpdateDate=START - HOUR), hour=0),
        lands(p.refusal(lastUpdateDate=START - HOUR), hour=0, name="also.json"),
    ]),
    Case("backdated-by-years-in-another-file-of-the-same-moment", TRUSTED, later(
        refusing(lastUpdateDate=START - 999 * DAY), hour=0, name="also.json"
    )),
    Case("backdated-in-the-same-hour", TRUSTED, later(refusing(lastUpdateDate=START - 1), hour=0)),
    Case("backdated-an-hour-before", TRUSTED, later(refusing(lastUpdateDate=START - 1), hour=-1)),
    Case("tie-an-hour-before", NO_CONSENT, later(refusing(lastUpdateDate=START), hour=-1)),
    Case("tie-in-the-same-hour", NO_CONSENT, later(refusing(lastUpdateDate=START), hour=0)),
]  # fmt: skip


# Old files that come again.


def twice(first: Callable[[Person], dict | bytes], again: Callable[[Person], dict | bytes] | None = None) -> Update:
    """Something, then a new consent, then the same (or nearly) again."""
    return lambda p: [
        lands(first(p), hour=1),
        lands(p.again(2), hour=2),
        lands((again or first)(p), hour=3),
    ]


def torn(p: Person) -> bytes:
    return line(p.refusal())[:-1]


REPLAYED = [
    Case("replayed-consent-after-a-withdrawal", NO_CONSENT, lambda p: [
        lands(p.refusal(), hour=1), lands(p.consent(), hour=2),
    ]),
    Case("replayed-consent-after-a-future-refusal", IN_DOUBT, lambda p: [
        lands(p.refusal(lastUpdateDate=FUTURE), hour=1), lands(p.consent(), hour=2),
    ]),
    Case("replayed-consent-after-a-backdated-refusal", IN_DOUBT, lambda p: [
        lands(p.refusal(lastUpdateDate=START - 1), hour=1), lands(p.consent(), hour=2),
    ]),
    Case("replayed-consent-after-a-rejected-line", IN_DOUBT, lambda p: [
        lands(torn(p), hour=1), lands(p.consent(), hour=2),
    ]),
    Case("replayed-consent-written-otherwise", IN_DOUBT, lambda p: [
        lands(torn(p), hour=1), lands(line(p.consent(email=f"<{p.email}>", other=1), indent=None) + b",", hour=2),
    ]),
    Case("consent-of-the-same-date-with-another-phone", TRUSTED, lambda p: [
        lands(torn(p), hour=1), lands(p.consent(phone="1"), hour=2),
    ]),
    Case("replayed-withdrawal", TRUSTED, twice(refusing())),
    Case("replayed-withdrawal-twice", TRUSTED, lambda p: [
        *twice(refusing())(p), lands(p.refusal(), hour=4), lands(p.refusal(), hour=5),
    ]),
    Case("replayed-withdrawal-with-another-phone", IN_DOUBT, twice(refusing(), refusing(phone="1"))),
    Case("replayed-withdrawal-a-day-older-with-another-phone", TRUSTED, lambda p: [
        lands(p.refusal(), hour=1), lands(p.again(28), hour=2), lands(p.refusal(phone="1"), hour=3),
    ]),
    Case("replayed-future-refusal", TRUSTED, twice(refusing(lastUpdateDate=FUTURE))),
    Case("replayed-backdated-refusal", TRUSTED, twice(refusing(lastUpdateDate=START - 1))),
    Case("replayed-rejected-line", TRUSTED, twice(refusing(lastUpdateDate="yesterday"))),
    Case("replayed-torn-line", TRUSTED, twice(torn)),
    Case("replayed-torn-line-with-white-space-around", TRUSTED, twice(
        torn, lambda p: b"\xef\xbb\xbf \t" + torn(p) + b"\t,\r"
    )),
    Case("replayed-torn-line-with-a-space-inside", IN_DOUBT, twice(torn, lambda p: torn(p).replace(b": ", b":  ", 1))),
    Case("replayed-before-everything", IN_DOUBT, lambda p: [lands(torn(p), hour=1), lands(p.again(0), hour=-5)]),
    Case("everything-replayed", NO_CONSENT, lambda p: [
        lands(p.refusal(), hour=1), lands(p.consent(), p.refusal(), hour=2, name="archive/all.json"),
    ]),
]  # fmt: skip


# The same person with another e-mail: the device and the name are the same.

NOT_THEIRS = {"steps_are_theirs": False}
"""Where a good record of somebody else names the device, it is nobody's."""

MOVED = [
    Case("new-address", IN_DOUBT, later(lambda p: p.elsewhere())),
    Case("new-address-landed-before", IN_DOUBT, later(lambda p: p.elsewhere(), hour=-1)),
    Case("new-address-name-with-more-spaces", IN_DOUBT, later(
        lambda p: p.elsewhere(customerName=f"RUNNER \t\u3000 {p.name}")
    )),
    Case("new-address-name-in-capitals", IN_DOUBT, later(
        lambda p: p.elsewhere(customerName=f" RUNNER {p.name.upper()}\u00a0")
    )),
    Case("new-address-name-in-full-width", IN_DOUBT, later(
        lambda p: p.elsewhere(customerName=full_width("Runner") + f"\u200b {p.name}")
    )),
    Case("new-address-name-apart-für-jürgen", IN_DOUBT, later(
        lambda p: p.elsewhere(customerName=unicodedata.normalize("NFD", f"Runner {p.name}"))
    )),
    Case("new-address-device-in-capitals", IN_DOUBT, later(
        lambda p: p.elsewhere(serialNumber=f"\t{p.serial_number.upper()}")
    )),
    Case("new-address-without-names", IN_DOUBT, later(lambda p: p.elsewhere()), begins={"customerName": GONE}),
    Case("new-address-with-a-dot-behind", IN_DOUBT, later(lambda p: p.refusal(email=f"{p.email}."))),
    Case("new-address-in-quotes", IN_DOUBT, later(lambda p: p.refusal(email=f"'{p.email}'"))),
    Case("new-address-in-parentheses", IN_DOUBT, later(lambda p: p.refusal(email=f"({p.email})"))),
    Case("new-address-with-a-comma-behind", IN_DOUBT, later(lambda p: p.refusal(email=f"{p.email},"))),
    Case("new-address-of-a-misspelled-domain", IN_DOUBT, later(lambda p: p.refusal(email=p.email + ".example"))),
    Case("new-address-of-the-device-before", IN_DOUBT, lambda p: [
        lands(p.again(1, serialNumber=f"next-{p.serial_number}"), hour=1),
        lands(p.elsewhere(lastUpdateDate=START + 2 * HOUR), hour=2),
    ]),
    Case("new-address-for-the-future", IN_DOUBT, later(lambda p: p.elsewhere(lastUpdateDate=FUTURE))),
    Case("new-address-for-the-future-landed-before", TRUSTED, later(
        lambda p: p.elsewhere(lastUpdateDate=FUTURE), hour=-1
    ), **NOT_THEIRS),
    Case("new-address-of-the-same-moment", TRUSTED, later(
        lambda p: p.elsewhere(lastUpdateDate=START)
    ), **NOT_THEIRS),
    Case("new-address-backdated", TRUSTED, later(lambda p: p.elsewhere(lastUpdateDate=START - 1)), **NOT_THEIRS),
    Case("new-address-that-consents", TRUSTED, later(
        lambda p: p.elsewhere(shareWithResearchAsOfDate=START)
    ), **NOT_THEIRS),
    Case("new-address-with-another-name", TRUSTED, later(
        lambda p: p.elsewhere(customerName="Somebody Else")
    ), **NOT_THEIRS),
    Case("new-address-without-a-name", TRUSTED, later(lambda p: p.elsewhere(customerName=None)), **NOT_THEIRS),
    Case("new-address-with-another-device", TRUSTED, later(
        lambda p: p.elsewhere(serialNumber=f"next-{p.serial_number}")
    )),
]  # fmt: skip


# Back in, after each kind of objection.


def lifted(objection: Callable[[Person], dict | bytes], hours: int = 2, landing: int = 2, **changes: object) -> Update:
    """An objection, and a new consent dated and landing so many hours after the first."""
    return lambda p: [lands(objection(p), hour=1), lands(p.again(hours, **changes), hour=landing)]


def moved(p: Person) -> dict:
    return p.elsewhere()


AGAIN = [
    Case("again-after-a-withdrawal", TRUSTED, lifted(refusing())),
    Case("again-after-a-future-refusal", TRUSTED, lifted(refusing(lastUpdateDate=FUTURE))),
    Case("again-after-a-backdated-refusal", TRUSTED, lifted(refusing(lastUpdateDate=START - 1))),
    Case("again-after-a-rejected-line", TRUSTED, lifted(refusing(lastUpdateDate="yesterday"))),
    Case("again-after-a-torn-line", TRUSTED, lifted(torn)),
    Case("again-after-a-new-address", TRUSTED, lifted(moved), **NOT_THEIRS),
    Case("again-after-a-new-address-at-its-moment", TRUSTED, lifted(moved, hours=1), **NOT_THEIRS),
    Case("again-after-a-new-address-for-the-future", TRUSTED, lifted(
        lambda p: p.elsewhere(lastUpdateDate=FUTURE)
    ), **NOT_THEIRS),
    Case("again-after-all-of-them", TRUSTED, lambda p: [
        lands(p.refusal(), torn(p), p.refusal(lastUpdateDate=FUTURE), p.refusal(phone="1"), moved(p), hour=1),
        lands(p.again(2), hour=2),
    ], **NOT_THEIRS),
    Case("again-in-the-same-hour-as-a-future-refusal", IN_DOUBT, lifted(refusing(lastUpdateDate=FUTURE), landing=1)),
    Case("again-in-the-same-hour-as-a-rejected-line", IN_DOUBT, lifted(torn, landing=1)),
    Case("again-in-the-same-hour-as-a-backdated-refusal", TRUSTED, lifted(
        refusing(lastUpdateDate=START - 1), landing=1
    )),
    Case("again-but-dated-before", IN_DOUBT, lifted(torn, hours=-1)),
    Case("again-but-dated-before-a-new-address", IN_DOUBT, lifted(moved, hours=0, phone="1")),
    Case("again-but-for-the-future", IN_DOUBT, lifted(torn, lastUpdateDate=FUTURE)),
    Case("again-but-without-a-date", IN_DOUBT, lifted(torn, lastUpdateDate=GONE)),
    Case("again-but-without-consent", NO_CONSENT, lifted(torn, shareWithResearchAsOfDate=GONE)),
    Case("again-and-again-a-rejected-line", IN_DOUBT, lambda p: [
        lands(torn(p), hour=1), lands(p.again(2), hour=2), lands(torn(p)[:-1], hour=3),
    ]),
]  # fmt: skip


# Devices of which a rejected line speaks.

SHARED = [
    Case("device-in-a-rejected-line-of-another", TRUSTED, later(
        lambda p: p.other(serialNumber=p.serial_number, lastUpdateDate="yesterday")
    ), **NOT_THEIRS),
    Case("device-in-a-torn-line-of-another", TRUSTED, later(
        lambda p: line(p.other(serialNumber=p.serial_number.upper()))[:-1]
    ), **NOT_THEIRS),
    Case("device-in-single-quotes-of-another", TRUSTED, later(
        lambda p: str(p.other(serialNumber=p.serial_number)).encode()
    ), **NOT_THEIRS),
    Case("device-in-a-line-of-nobody", TRUSTED, later(
        lambda p: {"serialNumber": p.serial_number}
    ), **NOT_THEIRS),
    Case("device-in-a-query-string", TRUSTED, later(
        lambda p: f"SERIAL_NUMBER = {p.serial_number}".encode()
    ), **NOT_THEIRS),
    Case("device-over-several-lines", TRUSTED, later(
        lambda p: line(p.other(serialNumber=p.serial_number), indent=2)
    ), **NOT_THEIRS),
    Case("device-in-a-line-of-both-before-the-consent", TRUSTED, later(
        lambda p: p.refusal(email=f"{p.email};other.{p.email}"), hour=-1
    ), **NOT_THEIRS),
    Case("device-in-an-own-rejected-line-before-the-consent", TRUSTED, later(
        refusing(lastUpdateDate="yesterday"), hour=-1
    )),
    Case("device-in-an-own-torn-line-before-the-consent", TRUSTED, later(torn, hour=-1)),
    Case("device-in-an-own-rejected-line", IN_DOUBT, later(refusing(lastUpdateDate="yesterday"))),
    Case("device-in-a-good-record-of-another", TRUSTED, later(
        lambda p: p.other(serialNumber=p.serial_number)
    ), **NOT_THEIRS),
    Case("device-in-a-future-record-of-another", TRUSTED, later(
        lambda p: p.other(serialNumber=p.serial_number, lastUpdateDate=FUTURE)
    ), **NOT_THEIRS),
    Case("device-without-its-field", TRUSTED, later(lambda p: f"out of order: {p.serial_number}".encode())),
]  # fmt: skip


# Whoever did nothing of the kind stays in.

CONTROLS = [
    Case("nothing-happens", TRUSTED, lambda p: []),
    Case("a-new-phone", TRUSTED, later(lambda p: p.again(1, phone="1"))),
    Case("a-new-device", TRUSTED, later(lambda p: p.again(1, serialNumber=f"next-{p.serial_number}"))),
    Case("a-new-name", TRUSTED, later(lambda p: p.again(1, customerName="New Name"))),
    Case("a-later-consent-date", TRUSTED, later(lambda p: p.again(1, shareWithResearchAsOfDate=START))),
    Case("consent-in-another-spelling", TRUSTED, later(lambda p: p.again(1, email=f"Runner <{p.email.upper()}>"))),
    Case("consent-with-rubbish-in-other-fields", TRUSTED, later(
        lambda p: p.again(1, birthDay="never", registrationDate="soon", phone={}, customerName=None)
    )),
    Case("consent-as-pandas-leaves-it", TRUSTED, later(
        lambda p: p.again(1, lastUpdateDate=float(START + HOUR), shareWithResearchAsOfDate=float(START))
    )),
    Case("consent-in-a-line-of-several", TRUSTED, later(lambda p: line(p.again(1)) + line(p.other()))),
    Case("consent-with-a-word-that-reads-as-base64", TRUSTED, later(
        lambda p: b'{"registrationDate": "lastUpdateDateshareWithResearchAsOfDate"'
    )),
    Case("consent-with-numbers-as-text", TRUSTED, later(
        lambda p: p.again(1, lastUpdateDate=f"+{START + HOUR}", shareWithResearchAsOfDate=f"{START}")
    )),
    Case("somebody-else-withdraws", TRUSTED, later(lambda p: p.other())),
    Case("somebody-else-is-rejected", TRUSTED, later(lambda p: p.other(lastUpdateDate="yesterday"))),
    Case("somebody-else-is-rejected-with-this-email-as-phone", TRUSTED, later(
        lambda p: p.other(lastUpdateDate="yesterday", phone=p.email)
    )),
    Case("somebody-else-is-torn", TRUSTED, later(lambda p: line(p.other())[:-1])),
    Case("somebody-with-the-same-name", TRUSTED, later(lambda p: p.other(customerName=f"Runner {p.name}"))),
    Case("somebody-of-a-longer-email", TRUSTED, later(lambda p: line({"email": f"x{p.email}"})[:-1])),
    Case("somebody-of-a-longer-domain", TRUSTED, later(lambda p: line({"email": f"{p.email}.uk"})[:-1])),
    Case("somebody-who-writes-ss-for-ß", TRUSTED, later(lambda p: p.other(email=p.email.replace("ß", "ss")))),
    Case("somebody-who-writes-ue-for-ü", TRUSTED, later(lambda p: line({"email": p.email.replace("ü", "ue")})[:-1])),
    Case("somebody-in-punycode", TRUSTED, later(lambda p: p.other(email=p.email.replace("example", "xn--exmple-cua")))),
    Case("somebody-with-a-cyrillic-letter", TRUSTED, later(lambda p: p.other(email=p.email.replace("o", "\u043e")))),
    Case("an-at-sign-escaped-for-an-address-bar", TRUSTED, later(lambda p: p.email.replace("@", "%40").encode())),
    Case("a-rejected-line-before-the-consent", TRUSTED, later(torn, hour=-1)),
    Case("a-withdrawal-long-before", TRUSTED, later(refusing(lastUpdateDate=START - 9 * DAY), hour=-99)),
    Case("lines-about-nobody", TRUSTED, later(lambda p: b'{\n}\n\n \t\nnull\n[]\n"x"\n,\n{"email": "@"}')),
    Case("a-torn-acceleration", TRUSTED, later(
        lambda p: line({"user": p.email, "email": p.email})[:-1], entity="accelerometer"
    )),
    Case("an-acceleration-without-consent-in-it", TRUSTED, later(
        lambda p: {"user": p.email, "timestamp": 0, "x": 0, "y": 0, "z": 0}, entity="accelerometer"
    )),
    Case("a-torn-step", TRUSTED, later(lambda p: line({"serialNumber": p.serial_number})[:-1], entity="step_trainer")),
    Case("in-a-hidden-file", TRUSTED, later(refusing(), name=".withdrawals.json")),
    Case("in-a-file-of-a-running-job", TRUSTED, later(refusing(), name="_temporary/0/withdrawals.json")),
]  # fmt: skip


CASES: list[Case] = [
    *(Case(name, IN_DOUBT, later(make)) for name, make in REJECTED.items()),
    *(
        Case(name, NO_CONSENT, later(lambda p, spell=spell: p.refusal(email=spell(p.email))))
        for name, spell in SPELLINGS.items()
    ),
    *(Case(name, NO_CONSENT, later(make)) for name, make in NO_YES.items()),
    *LANDED,
    *DATED,
    *REPLAYED,
    *MOVED,
    *AGAIN,
    *SHARED,
    *CONTROLS,
]


def people() -> list[Person]:
    """Whom the cases are about, in their order."""
    return [Person(case.name, number, case.begins) for number, case in enumerate(CASES)]


def files(*, with_updates: bool = True) -> list[File]:
    """The landing of all cases; without the updates everybody has consented and nothing has happened since."""
    found: dict[tuple[str, str, int], list[bytes]] = defaultdict(list)
    for case, person in zip(CASES, people(), strict=True):
        updates = case.update(person) if with_updates else []
        for file in [lands(person.consent()), *person.readings(), *updates]:
            found[file.entity, file.name, file.hour].append(file.content)
    return [File(entity, name, b"".join(parts), hour) for (entity, name, hour), parts in found.items()]


def write(landing: Path, *, with_updates: bool = True) -> None:
    """Lay out the landing of all cases below a folder."""
    for file in files(with_updates=with_updates):
        path = landing / file.entity / "landing" / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        seconds = START // 1000 + 3600 * file.hour
        os.utime(path, (seconds, seconds))


def participant_id(person: Person, key: bytes) -> str:
    return hmac.digest(key, person.email.encode(), "sha256").hex()[:32]


def differences(tables: Mapping[str, Collection[tuple]], key: bytes) -> list[str]:
    """The cases that came out otherwise than they must.

    Args:
        tables: rows by relation, in the order of `truth.COLUMNS`: the trusted and curated ones, and `int_consent`.
        key: the vault key.
    """
    of = COLUMNS["int_consent"].index("state")
    states = {row[0]: row[of].replace("consents", TRUSTED) for row in tables["int_consent"]}
    relations = ("customer_trusted", "accelerometer_trusted", "step_trainer_trusted", "machine_learning_curated")
    rows = {relation: Counter(row[0] for row in tables[relation]) for relation in relations}
    found = []
    for case, person in zip(CASES, people(), strict=True):
        name = participant_id(person, key)
        is_in = case.outcome == TRUSTED
        steps = 2 * (is_in and case.steps_are_theirs)
        must = [case.outcome, is_in * 1, is_in * 3, steps, steps]
        does = [states.get(name), *(rows[relation][name] for relation in relations)]
        if must != does:
            found.append(f"{case.name}: must be {must}, is {does}")
    return found
