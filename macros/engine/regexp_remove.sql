{#- A text without any match of a regular expression. -#}
{% macro regexp_remove(text, pattern) -%}
    {{ adapter.dispatch("regexp_remove", "stedi")(text, pattern) }}
{%- endmacro %}

{% macro default__regexp_remove(text, pattern) -%}
    {{ unsupported_engine("regexp_remove") }}
{%- endmacro %}

{% macro athena__regexp_remove(text, pattern) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '')
{%- endmacro %}

{% macro duckdb__regexp_remove(text, pattern) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '', 'g')
{%- endmacro %}
