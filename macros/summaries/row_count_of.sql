{#- How many rows a model's table has, for another model: a select of row_count. A unit test gives rows. -#}
{% macro row_count_of(name) -%}
    {%- set relation = ref(name) -%}
    {%- if execute and model.resource_type != "unit_test" -%}
        {{ get_row_count_sql(graph.nodes["model.stedi." ~ name]) }}
    {%- else -%}
        select count(*) as row_count from {{ relation }}
    {%- endif -%}
{%- endmacro %}
