{#- How many rows, and lines, a model's table has of each key, for another model to read instead of the rows: key, row_count and
    line_count. A unit test gives rows, so there they are counted on the spot. -#}
{% macro totals_of(name, key, has_lines=false) -%}
    {%- set relation = ref(name) -%}
    {%- if execute and model.resource_type == "unit_test" -%}
        (
            select
                {{ key }},
                count(*) as row_count,
                {{ "sum(line_count)" if has_lines else "null" }} as line_count
            from {{ relation }}
            group by {{ key }}
        )
    {%- else -%}
        (select {{ key }}, row_count, line_count from {{ summary_of(name) }} where is_total)
    {%- endif -%}
{%- endmacro %}
