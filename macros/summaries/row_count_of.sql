{#- How many rows a model's table has, as a select of row_count. Where rows were deleted, counting them reads the table; its summary
    is smaller. -#}
{% macro row_count_of(name) -%}
    {%- set relation = ref(name) -%}
    {%- if execute and model.resource_type != "unit_test" and has_summary(graph.nodes["model.stedi." ~ name]) -%}
        select cast(coalesce(sum(row_count), 0) as bigint) as row_count from {{ summary_of(name) }} where is_total
    {%- else -%}
        select count(*) as row_count from {{ relation }}
    {%- endif -%}
{%- endmacro %}
