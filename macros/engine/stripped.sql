{#- A text without spaces, tabs, carriage returns and byte order marks around it. -#}
{% macro stripped(text) -%}
    {{ adapter.dispatch("stripped", "stedi")(text) }}
{%- endmacro %}

{% macro default__stripped(text) -%}
    {{ unsupported_engine("stripped") }}
{%- endmacro %}

{#- Looking back keeps the engine from trying every character of a long run, which takes the square of its length. -#}
{% macro athena__stripped(text) -%}
    {%- set space = "[ \\t\\r\\x{feff}]" -%}
    regexp_replace({{ text }}, '^{{ space }}+|(?<!{{ space }}){{ space }}+\z', '')
{%- endmacro %}

{% macro duckdb__stripped(text) -%}
    trim({{ text }}, ' ' || chr(9) || chr(13) || chr(65279))
{%- endmacro %}
