{#- A summary's rows from those of its parts, with a total of each key: of all rows and lines, or of those in the columns `more_rows` and
    `more_lines`. -#}
{% macro get_summary_sql(parts, more_rows="row_count", more_lines="line_count") -%}
    {%- set key = part_spec()["by"] | join(", ") -%}
    select
        {{ key }},
        coalesce(part_hour, {{ no_hour() }}) as part_hour,
        cast(case when grouping(part_hour) = 1 then sum({{ more_rows }}) else max(row_count) end as bigint) as row_count,
        cast(case when grouping(part_hour) = 1 then coalesce(sum({{ more_lines }}), 0) else max(line_count) end as bigint) as line_count,
        case when grouping(part_hour) = 0 then max(fingerprint) end as fingerprint,
        grouping(part_hour) = 1 as is_total
    from ({{ parts }}) as parts
    group by grouping sets (({{ key }}, part_hour), ({{ key }}))
{%- endmacro %}
