{#- An aggregate, as text, that differs when the multiset of the rows' values in `columns` differs; their order is no matter. -#}
{% macro checksum(columns) -%}
    {{ adapter.dispatch("checksum", "stedi")(columns) }}
{%- endmacro %}

{% macro default__checksum(columns) -%}
    {{ unsupported_engine("checksum") }}
{%- endmacro %}

{% macro athena__checksum(columns) -%}
    to_hex(checksum(row({{ columns | join(", ") }})))
{%- endmacro %}

{% macro duckdb__checksum(columns) -%}
    cast(sum(hash({{ columns | join(", ") }})::hugeint) as varchar)
{%- endmacro %}
