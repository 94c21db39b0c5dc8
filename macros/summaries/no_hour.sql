{#- The hour of what has none: a part of a table without a `time`, and a total. -#}
{% macro no_hour() -%}
    timestamp '1970-01-01 00:00:00.000000'
{%- endmacro %}
