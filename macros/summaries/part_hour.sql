{#- The hour of a row's part; the same for all rows of a table without a part_time. -#}
{% macro part_hour(relation=none) -%}
    {%- if config.get("part_time") -%}
        date_trunc('hour', {{ relation ~ "." if relation }}{{ config.get("part_time") }})
    {%- else -%}
        {{ no_hour() }}
    {%- endif -%}
{%- endmacro %}
