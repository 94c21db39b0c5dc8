{#- Overrides dbt-athena's, whose default is a Hive table. A unit test, which has no configuration of its own, first creates an empty
    table from the model's query, and a Hive table cannot hold timestamp(6); an Iceberg table, like the model itself, can. -#}
{% macro resolve_table_type() %}
    {{ return((config.get("table_type") or "iceberg") | lower) }}
{% endmacro %}
