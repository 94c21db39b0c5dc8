{#- Milliseconds since 1970 UTC (bigint) as timestamp(6) in UTC, without a zone. -#}
{% macro epoch_ms_to_timestamp(milliseconds) -%}
    {{ adapter.dispatch("epoch_ms_to_timestamp", "stedi")(milliseconds) }}
{%- endmacro %}

{% macro default__epoch_ms_to_timestamp(milliseconds) -%}
    {{ unsupported_engine("epoch_ms_to_timestamp") }}
{%- endmacro %}

{% macro athena__epoch_ms_to_timestamp(milliseconds) -%}
    cast(from_unixtime_nanos(1000000 * {{ milliseconds }}) at time zone 'UTC' as timestamp(6))
{%- endmacro %}

{% macro duckdb__epoch_ms_to_timestamp(milliseconds) -%}
    epoch_ms({{ milliseconds }})
{%- endmacro %}
