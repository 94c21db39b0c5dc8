{#- The lines of a staging table by file, reason for rejection and key: the columns source_file, loaded_at, rejection_reason,
    those of its part_by, and row_count. -#}
{% macro lines_of(name) -%}
    {%- set relation = ref(name) -%}
    {%- if execute and model.resource_type == "unit_test" -%}
        (select fixture.*, 1 as row_count from {{ relation }} as fixture)
    {%- else -%}
        {{ summary_of(name) }}
    {%- endif -%}
{%- endmacro %}
