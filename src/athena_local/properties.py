"""Table properties of Athena as Trino's, and the names and texts of Trino's SQL."""

from collections.abc import Mapping, Sequence

from athena_local.errors import QueryError
from athena_local.session import Session

# Iceberg table properties of Athena and their defaults; all are numbers.
# Source: the guide, "Create Iceberg tables" and CREATE TABLE AS.
ICEBERG_NUMBERS = {
    "write_target_data_file_size_bytes": 536_870_912,
    "optimize_rewrite_min_data_file_size_bytes": 0,
    "optimize_rewrite_max_data_file_size_bytes": 0,
    "optimize_rewrite_data_file_threshold": 5,
    "optimize_rewrite_delete_file_threshold": 2,
    "vacuum_min_snapshots_to_keep": 1,
    "vacuum_max_snapshot_age_seconds": 432_000,
    "vacuum_max_metadata_files_to_keep": 100,
}
ICEBERG_CTAS = {
    "table_type",
    "is_external",
    "location",
    "format",
    "partitioning",
    "write_compression",
    *ICEBERG_NUMBERS,
}
HIVE_CTAS = {
    "table_type",
    "is_external",
    "external_location",
    "format",
    "partitioned_by",
    "bucketed_by",
    "bucket_count",
    "field_delimiter",
    "write_compression",
    "parquet_compression",
    "orc_compression",
}


def literal(value: str) -> str:
    """Return a text as a literal of Trino's SQL."""
    return "'" + value.replace("'", "''") + "'"


def table_name(names: Sequence[str], session: Session, catalog: str = "awsdatacatalog") -> str:
    """Return a name in full for Trino, in `catalog`."""
    *database, table = names[-2:]
    return ".".join(f'"{name}"' for name in (catalog, *(database or [session.database]), table))


def iceberg_properties(properties: Mapping[str, str | list[str]]) -> tuple[str, dict[str, str]]:
    """Return Trino's WITH clause and session settings of an Iceberg CTAS. Raises QueryError."""
    _refuse_unknown(properties, ICEBERG_CTAS, "Iceberg")
    if str(properties.get("is_external", "false")).lower() != "false":
        raise QueryError("INVALID_TABLE_PROPERTY: Iceberg tables must be managed: set is_external=false")
    if "location" not in properties:
        raise QueryError("INVALID_TABLE_PROPERTY: location is required for an Iceberg table")
    extra = {key: value for key, value in properties.items() if key in ICEBERG_NUMBERS}
    clause = [
        f"location = {literal(str(properties['location']).rstrip('/'))}",
        f"format = {literal(str(properties.get('format', 'PARQUET')).upper())}",
        "format_version = 2",
    ]
    if partitioning := properties.get("partitioning"):
        clause.append(f"partitioning = ARRAY[{', '.join(map(literal, partitioning))}]")
    if extra:
        clause.append(f"extra_properties = {extra_properties(extra)}")
    settings = {}
    if codec := properties.get("write_compression"):
        settings["iceberg.compression_codec"] = str(codec).upper()
    return ", ".join(clause), settings


def extra_properties(numbers: Mapping[str, str | list[str]]) -> str:
    """Return Athena's numbers as Trino's extra properties. Raises QueryError unless positive."""
    for key, value in numbers.items():
        if not str(value).isdigit() or int(str(value)) <= 0:
            raise QueryError(f"INVALID_TABLE_PROPERTY: {key} must be a positive number: {value}")
    keys = ", ".join(map(literal, numbers))
    values = ", ".join(literal(str(value)) for value in numbers.values())
    return f"MAP(ARRAY[{keys}], ARRAY[{values}])"


def hive_properties(properties: Mapping[str, str | list[str]], results: str) -> tuple[str, dict[str, str]]:
    """Return Trino's WITH clause and session settings of a Hive CTAS. Raises QueryError."""
    _refuse_unknown(properties, HIVE_CTAS, "Hive")
    location = str(properties.get("external_location", results))
    clause = [
        f"external_location = {literal(location.rstrip('/') + '/')}",
        f"format = {literal(str(properties.get('format', 'PARQUET')).upper())}",
    ]
    for key in ("partitioned_by", "bucketed_by"):
        if names := properties.get(key):
            clause.append(f"{key} = ARRAY[{', '.join(literal(n.lower()) for n in names)}]")
    if count := properties.get("bucket_count"):
        clause.append(f"bucket_count = {count}")
    if delimiter := properties.get("field_delimiter"):
        clause.append(f"textfile_field_separator = {literal(str(delimiter))}")
    settings = {}
    for key in ("write_compression", "parquet_compression", "orc_compression"):
        if codec := properties.get(key):
            settings["awsdatacatalog.compression_codec"] = str(codec).upper()
    return ", ".join(clause), settings


def _refuse_unknown(properties: Mapping[str, object], known: set[str], kind: str) -> None:
    for key in properties:
        if key not in known:
            raise QueryError(
                f"INVALID_TABLE_PROPERTY: Catalog 'awsdatacatalog' table property '{key}' "
                f"does not exist for {kind} tables"
            )
