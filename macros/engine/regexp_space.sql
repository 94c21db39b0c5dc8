{#- A text with a space in the place of every match of a regular expression. -#}
{% macro regexp_space(text, pattern) -%}
    {{ adapter.dispatch("regexp_space", "stedi")(text, pattern) }}
{%- endmacro %}

{% macro default__regexp_space(text, pattern) -%}
    {{ unsupported_engine("regexp_space") }}
{%- endmacro %}

{% macro athena__regexp_space(text, pattern) -%}
    regexp_replace({{ text }}, '{{ pattern }}', ' ')
{%- endmacro %}

{% macro duckdb__regexp_space(text, pattern) -%}
    regexp_replace({{ text }}, '{{ pattern }}', ' ', 'g')
{%- endmacro %}
