{#- How many rows, and lines, a model's table has of each key, for another model to read instead of the rows: key, row_count and
    line_count. -#}
{% macro totals_of(name, key) -%}
    (select {{ key }}, row_count, line_count from {{ summary_source(name) }} where is_total)
{%- endmacro %}
