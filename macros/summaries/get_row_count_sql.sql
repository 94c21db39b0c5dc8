{#- How many rows a model's table has, and how many landing files it has read: row_count and file_count. Where rows were deleted, counting
    them reads the table; its summary is smaller. -#}
{% macro get_row_count_sql(node) %}
    {% set rows = "cast(coalesce(sum(row_count), 0) as bigint)" if has_summary(node) else "count(*)" %}
    {% set files = "count(distinct source_file)" if node.config.materialized == "landed" else "0" %}
    {% set counted = summary_of(node.name) ~ " where is_total" if has_summary(node) else zone_relation(node.fqn[1], node.name) %}
    {{ return("select " ~ rows ~ " as row_count, " ~ files ~ " as file_count from " ~ counted) }}
{% endmacro %}
