{#- The lines of a staging table by file and reason for rejection: the columns source_file, loaded_at, rejection_reason and row_count. -#}
{% macro lines_of(name) -%}
    (select source_file, loaded_at, rejection_reason, row_count from {{ summary_source(name) }} where is_total)
{%- endmacro %}
