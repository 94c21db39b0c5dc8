{#- Overrides dbt-athena's: a unit test first creates an empty table from the model's query, which as a Hive table cannot
    hold timestamp(6); as an Iceberg table, like the model itself, it can. -#}
{% macro resolve_table_type() %}
    {%- if model.resource_type == "unit_test" -%}
        {{ return("iceberg") }}
    {%- endif -%}
    {{ return((config.get("table_type") or "hive") | lower) }}
{% endmacro %}
