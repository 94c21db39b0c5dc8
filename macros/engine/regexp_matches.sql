{#- Whether a text holds a match of a regular expression (RE2 and Joni both read the syntax used here). -#}
{% macro regexp_matches(text, pattern) -%}
    {{ adapter.dispatch("regexp_matches", "stedi")(text, pattern) }}
{%- endmacro %}

{% macro default__regexp_matches(text, pattern) -%}
    {{ unsupported_engine("regexp_matches") }}
{%- endmacro %}

{% macro athena__regexp_matches(text, pattern) -%}
    regexp_like({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro duckdb__regexp_matches(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}
