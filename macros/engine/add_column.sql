{#- Adds an empty column to a table. -#}
{% macro add_column(relation, name, data_type) %}
    {{ adapter.dispatch("add_column", "stedi")(relation, name, data_type) }}
{% endmacro %}

{% macro default__add_column(relation, name, data_type) %}
    {{ unsupported_engine("add_column") }}
{% endmacro %}

{#- Athena's DDL knows Hive's names of types, and no precision. -#}
{% macro athena__add_column(relation, name, data_type) %}
    {% set types = {"varchar": "string", "timestamp(6)": "timestamp"} %}
    {% do run_query(
        "alter table `" ~ relation.schema ~ "`.`" ~ relation.identifier ~ "` add columns ("
        ~ name ~ " " ~ types.get(data_type, data_type) ~ ")"
    ) %}
{% endmacro %}

{% macro duckdb__add_column(relation, name, data_type) %}
    {% do run_query("alter table " ~ relation ~ " add column " ~ name ~ " " ~ data_type) %}
{% endmacro %}
