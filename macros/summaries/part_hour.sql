{#- The hour of a row's part; the same for all rows of a table without a `time`. -#}
{% macro part_hour(relation=none) -%}
    {%- if part_spec()["time"] -%}
        date_trunc('hour', {{ relation ~ "." if relation }}{{ part_spec()["time"] }})
    {%- else -%}
        {{ no_hour() }}
    {%- endif -%}
{%- endmacro %}
