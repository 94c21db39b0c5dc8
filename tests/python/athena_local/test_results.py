"""Athena's text forms and the files of a result."""

import pytest

from athena_local.results import (
    Column,
    Result,
    from_trino,
    java_double,
    to_csv,
    to_metadata,
    to_text,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1.0"),
        (1.5, "1.5"),
        (-0.25, "-0.25"),
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (100, "100.0"),
        (1234567.0, "1234567.0"),
        (1e7, "1.0E7"),
        (1.25e10, "1.25E10"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (1e300, "1.0E300"),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
    ],
)
def test_doubles_read_as_in_java(value: float | str, text: str) -> None:
    assert java_double(value) == text


def signature(kind: str, *arguments: object) -> dict[str, object]:
    return {"rawType": kind, "arguments": [{"kind": "TYPE", "value": a} for a in arguments]}


INT, DOUBLE, TEXT = signature("integer"), signature("double"), signature("varchar", 9)
FIELD = {"fieldName": {"name": "a"}, "typeSignature": INT}
NAMELESS = {"typeSignature": TEXT}


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (signature("boolean"), True, "true"),
        (signature("varbinary"), "AP8=", "00 ff"),
        (signature("decimal", 3, 2), "1.50", "1.50"),
        (signature("array", DOUBLE), [1, None], "[1.0, null]"),
        (signature("map", TEXT, INT), {"k": 1, "l": None}, "{k=1, l=null}"),
        (signature("row", FIELD, NAMELESS), [1, "x"], "{a=1, field1=x}"),
        (signature("array", signature("array", INT)), [[1], []], "[[1], []]"),
        (TEXT, None, None),
    ],
)
def test_values_have_athenas_text_form(kind: dict, value: object, text: str | None) -> None:
    column = {"name": "x", "type": "", "typeSignature": kind}
    assert from_trino([column], [[value]], None).rows == [[text]]


def test_types_have_athenas_names() -> None:
    kinds = {"real": "float", "integer": "integer", "varbinary": "varbinary"}
    for trino, athena in kinds.items():
        column = {"name": "x", "type": trino, "typeSignature": signature(trino)}
        assert from_trino([column], [], None).columns[0].type == athena
    column = {"name": "x", "type": "", "typeSignature": signature("decimal", 10, 2)}
    assert from_trino([column], [], None).columns[0] == Column("x", "decimal", 10, 2)


RESULT = Result([Column("a", "varchar"), Column('b"c', "varchar")], [['x"y', None], ["", "é\n"]])


def test_csv_tells_null_from_empty_text() -> None:
    assert to_csv(RESULT).decode() == '"a","b""c"\n"x""y",\n"","é\n"\n'


def test_text_results_have_no_header() -> None:
    assert to_text(Result([Column("a")], [["x"], ["y"]])) == b"x\ny\n"


def test_metadata_is_the_protocol_buffer_that_drivers_read() -> None:
    column = bytes.fromhex("0a0468697665 220161 2a0161 320776617263686172 3805 4000 4803 5001")
    expected = b"\x22" + bytes([len(column)]) + column
    assert to_metadata(Result([Column("a", "varchar", 5)])) == expected
