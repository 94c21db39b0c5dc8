{#- The lines of a staging table by file and reason for rejection: the columns source_file, loaded_at, rejection_reason and row_count. -#}
{% macro lines_of(name) -%}
    {%- set relation = ref(name) -%}
    {%- if execute and model.resource_type == "unit_test" -%}
        (select fixture.*, 1 as row_count from {{ relation }} as fixture)
    {%- else -%}
        (select source_file, loaded_at, rejection_reason, row_count from {{ summary_of(name) }} where is_total)
    {%- endif -%}
{%- endmacro %}
