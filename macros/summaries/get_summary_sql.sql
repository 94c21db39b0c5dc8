{#- A summary's rows from those of its parts, with a total of each key. -#}
{% macro get_summary_sql(parts) -%}
    {%- set key = config.require("part_by") | join(", ") -%}
    select
        {{ key }},
        coalesce(part_hour, {{ no_hour() }}) as part_hour,
        cast(sum(row_count) as bigint) as row_count,
        cast(case when grouping(part_hour) = 1 then coalesce(sum(line_count), 0) else max(line_count) end as bigint) as line_count,
        case when grouping(part_hour) = 0 then max(fingerprint) end as fingerprint,
        grouping(part_hour) = 1 as is_total
    from ({{ parts }}) as parts
    group by grouping sets (({{ key }}, part_hour), ({{ key }}))
{%- endmacro %}
