{#- A text in which a match of a regular expression is replaced by its first group. -#}
{% macro regexp_keep(text, pattern) -%}
    {{ adapter.dispatch("regexp_keep", "stedi")(text, pattern) }}
{%- endmacro %}

{% macro default__regexp_keep(text, pattern) -%}
    {{ unsupported_engine("regexp_keep") }}
{%- endmacro %}

{% macro athena__regexp_keep(text, pattern) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '$1')
{%- endmacro %}

{% macro duckdb__regexp_keep(text, pattern) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '\1')
{%- endmacro %}
