"""Results in Athena's types and text forms, and the files a query leaves in its output location."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Row = Sequence[str | None]

# Athena's name, precision and scale of a type, where they are not Trino's own.
# Source: ColumnInfo in the answers of GetQueryResults.
TYPES = {
    "boolean": ("boolean", 0, 0),
    "tinyint": ("tinyint", 3, 0),
    "smallint": ("smallint", 5, 0),
    "integer": ("integer", 10, 0),
    "bigint": ("bigint", 19, 0),
    "real": ("float", 17, 0),
    "double": ("double", 17, 0),
    "varchar": ("varchar", 2147483647, 0),
    "varbinary": ("varbinary", 1073741824, 0),
    "timestamp": ("timestamp", 3, 0),
    "timestamp with time zone": ("timestamp with time zone", 3, 0),
}


@dataclass(frozen=True)
class Column:
    """One column of a result: its name, Athena's type, digits and digits after the point."""

    name: str
    type: str = "string"
    precision: int = 0
    scale: int = 0

    def info(self) -> dict[str, Any]:
        """Return the column as ColumnInfo of GetQueryResults."""
        return {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": self.name,
            "Label": self.name,
            "Type": self.type,
            "Precision": self.precision,
            "Scale": self.scale,
            "Nullable": "UNKNOWN",
            "CaseSensitive": self.type in ("varchar", "char", "string"),
        }


@dataclass(frozen=True)
class Result:
    """What a statement gave: columns, rows of texts and nulls, and rows written if it wrote."""

    columns: Sequence[Column] = ()
    rows: Sequence[Row] = ()
    update_count: int | None = None
    # Types as Trino states them, for what needs more than Athena tells.
    signatures: Sequence[str] = field(default=())


def from_trino(columns: Sequence[Mapping[str, Any]], rows: Iterable[Sequence[Any]], update_count: int | None) -> Result:
    """Make a result of Trino's columns and of rows as they came in its JSON."""
    signatures = [column["typeSignature"] for column in columns]
    texts = [[text(value, signature) for value, signature in zip(row, signatures, strict=True)] for row in rows]
    if update_count is not None:
        return Result([Column("rows", *TYPES["bigint"])], [], update_count)
    return Result([_column(column) for column in columns], texts, None, [c["type"] for c in columns])


def _column(column: Mapping[str, Any]) -> Column:
    signature = column["typeSignature"]
    raw = signature["rawType"]
    arguments = [argument["value"] for argument in signature["arguments"]]
    if raw in ("decimal", "char"):
        return Column(column["name"], raw, *arguments)
    if raw == "varchar" and arguments:
        return Column(column["name"], raw, arguments[0])
    return Column(column["name"], *TYPES.get(raw, (raw, 0, 0)))


def text(value: Any, signature: Mapping[str, Any]) -> str | None:
    """Return a value of Trino's JSON in Athena's text form; null is None."""
    return None if value is None else _text(value, signature)


def _text(value: Any, signature: Mapping[str, Any]) -> str:
    if value is None:
        return "null"  # only inside arrays, maps and rows
    kind = signature["rawType"]
    inner = [argument["value"] for argument in signature.get("arguments", ())]
    if kind == "boolean":
        return "true" if value else "false"
    if kind in ("double", "real"):
        return java_double(value)
    if kind == "varbinary":
        return base64.b64decode(value).hex(" ")
    if kind == "array":
        return f"[{', '.join(_text(item, inner[0]) for item in value)}]"
    if kind == "map":
        key, item = inner
        key_kind = key["rawType"]
        pairs = (
            # JSON has only strings for keys.
            (k if key_kind != "varbinary" else base64.b64decode(k).hex(" "), _text(v, item))
            for k, v in value.items()
        )
        return f"{{{', '.join(f'{k}={v}' for k, v in pairs)}}}"
    if kind == "row":
        names = [(part.get("fieldName") or {}).get("name", "") for part in inner]
        texts = [_text(v, part["typeSignature"]) for v, part in zip(value, inner, strict=True)]
        names = [name or f"field{number}" for number, name in enumerate(names)]
        return f"{{{', '.join(f'{n}={t}' for n, t in zip(names, texts, strict=True))}}}"
    return str(value)


def java_double(value: float | str) -> str:
    """Return a number as Java's Double.toString writes it; NaN and Infinity come as words."""
    if isinstance(value, str):
        return value
    sign, digits, exponent = Decimal(repr(float(value))).normalize().as_tuple()
    magnitude = len(digits) + int(exponent) - 1
    if -3 <= magnitude < 7:
        plain = f"{abs(Decimal(repr(float(value)))):f}"
        number = plain if "." in plain else f"{plain}.0"
        whole, _, fraction = number.partition(".")
        number = f"{whole}.{fraction.rstrip('0') or '0'}"
    elif value == 0:
        number = "0.0"
    else:
        mantissa = "".join(map(str, digits))
        number = f"{mantissa[0]}.{mantissa[1:] or '0'}E{magnitude}"
    return f"-{number}" if sign else number


def to_csv(result: Result) -> bytes:
    """Return the result file of a query: every value in quotes, nulls empty, a header first."""
    lines = [[column.name for column in result.columns], *result.rows]
    return "".join(",".join(map(_quoted, line)) + "\n" for line in lines).encode()


def _quoted(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'


def to_text(result: Result) -> bytes:
    """Return the result file of a DDL or utility statement: tabs between values, no header."""
    return "".join("\t".join(v or "" for v in row) + "\n" for row in result.rows).encode()


def to_metadata(result: Result) -> bytes:
    """Return the columns as in the `.metadata` file beside a result.

    It is a protocol buffer that AWS does not document; the field numbers are those that the
    open-source driver burtcorp/athena-jdbc reads (AthenaMetaDataParser).
    """
    message = b""
    for column in result.columns:
        info = column.info()
        fields = (
            (1, info["CatalogName"]),
            (4, info["Name"]),
            (5, info["Label"]),
            (6, info["Type"]),
            (7, info["Precision"]),
            (8, info["Scale"]),
            (9, 3),  # nullable: unknown
            (10, int(info["CaseSensitive"])),
        )
        body = b"".join(_proto(number, value) for number, value in fields)
        message += _proto(4, body)
    return message


def _proto(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    content = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
