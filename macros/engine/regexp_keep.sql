{#- A text in which a match of a regular expression, or with `everywhere` each, is replaced by its first group. -#}
{% macro regexp_keep(text, pattern, everywhere=false) -%}
    {{ adapter.dispatch("regexp_keep", "stedi")(text, pattern, everywhere) }}
{%- endmacro %}

{% macro default__regexp_keep(text, pattern, everywhere) -%}
    {{ unsupported_engine("regexp_keep") }}
{%- endmacro %}

{% macro athena__regexp_keep(text, pattern, everywhere) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '$1')
{%- endmacro %}

{% macro duckdb__regexp_keep(text, pattern, everywhere) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '\1'{{ ", 'g'" if everywhere }})
{%- endmacro %}
