{#- A text without spaces, tabs, carriage returns and byte order marks around it. -#}
{% macro stripped(text) -%}
    {{ adapter.dispatch("stripped", "stedi")(text) }}
{%- endmacro %}

{% macro default__stripped(text) -%}
    {{ unsupported_engine("stripped") }}
{%- endmacro %}

{#- No regular expression: at the end of a text it tries every character of a long run, which takes the square of its length, or has to
    look back, which is more than Athena says that its expressions can. `trim(both ... from ...)` is the same function, in words that
    sqlfluff cannot read. -#}
{% macro athena__stripped(text) -%}
    trim({{ text }}, ' ' || chr(9) || chr(13) || chr(65279))
{%- endmacro %}

{% macro duckdb__stripped(text) -%}
    trim({{ text }}, ' ' || chr(9) || chr(13) || chr(65279))
{%- endmacro %}
