{#- When a line's file landed: timestamp(6), UTC, whole seconds. -#}
{% macro loaded_at() -%}
    {{ adapter.dispatch("loaded_at", "stedi")() }}
{%- endmacro %}

{% macro default__loaded_at() -%}
    {{ unsupported_engine("loaded_at") }}
{%- endmacro %}

{% macro athena__loaded_at() -%}
    cast(date_trunc('second', "$file_modified_time" at time zone 'UTC') as timestamp(6))
{%- endmacro %}

{% macro duckdb__loaded_at() -%}
    date_trunc('second', "$file_modified_time")
{%- endmacro %}
