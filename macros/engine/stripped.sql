{#- A text without the given characters around it. Not a regular expression: Athena's engine would take the square of a long run. -#}
{% macro stripped(text, characters) -%}
    {{ adapter.dispatch("stripped", "stedi")(text, characters) }}
{%- endmacro %}

{% macro default__stripped(text, characters) -%}
    {{ unsupported_engine("stripped") }}
{%- endmacro %}

{% macro athena__stripped(text, characters) -%}
    trim(both {{ characters }} from {{ text }})
{%- endmacro %}

{% macro duckdb__stripped(text, characters) -%}
    trim({{ text }}, {{ characters }})
{%- endmacro %}
