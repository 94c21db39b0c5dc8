{#- What a query's rows are, part by part. -#}
{% macro get_parts_sql(rows) -%}
    {%- set part_by = config.require("part_by") -%}
    select
        {{ part_by | join(", ") }},
        {{ part_hour() }} as part_hour,
        count(*) as row_count,
        {{ "cast(sum(line_count) as bigint)" if config.get("lines_of") else "cast(null as bigint)" }} as line_count,
        {{ fingerprint() }} as fingerprint
    from ({{ rows }}) as summarised
    group by {{ (part_by + ([part_hour()] if config.get("part_time") else [])) | join(", ") }}
{%- endmacro %}
