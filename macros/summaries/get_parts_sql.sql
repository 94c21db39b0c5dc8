{#- What a query's rows are, part by part. -#}
{% macro get_parts_sql(rows) -%}
    {%- set by = part_spec()["by"] -%}
    select
        {{ by | join(", ") }},
        {{ part_hour() }} as part_hour,
        count(*) as row_count,
        {{ "cast(sum(line_count) as bigint)" if part_spec()["lines_of"] else "cast(null as bigint)" }} as line_count,
        {{ fingerprint() }} as fingerprint
    from ({{ rows }}) as summarised
    group by {{ (by + ([part_hour()] if part_spec()["time"] else [])) | join(", ") }}
{%- endmacro %}
