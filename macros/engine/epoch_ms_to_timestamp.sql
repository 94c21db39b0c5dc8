{#- Milliseconds since 1970 UTC (bigint) as timestamp(6) in UTC, without a zone. -#}
{% macro epoch_ms_to_timestamp(milliseconds) -%}
    {{ adapter.dispatch("epoch_ms_to_timestamp", "stedi")(milliseconds) }}
{%- endmacro %}

{% macro default__epoch_ms_to_timestamp(milliseconds) -%}
    {{ unsupported_engine("epoch_ms_to_timestamp") }}
{%- endmacro %}

{% macro athena__epoch_ms_to_timestamp(milliseconds) -%}
    date_add('millisecond', {{ milliseconds }}, timestamp '1970-01-01 00:00:00.000000')
{%- endmacro %}

{% macro duckdb__epoch_ms_to_timestamp(milliseconds) -%}
    epoch_ms({{ milliseconds }})
{%- endmacro %}
