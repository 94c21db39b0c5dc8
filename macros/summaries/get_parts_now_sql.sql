{#- The differing parts with what the table holds of them now; fingerprint null for a part that is to have no rows. That is said in an
    equation of the join: a condition of one side alone would make DuckDB compare every part with every other. -#}
{% macro get_parts_now_sql(parts) -%}
    {%- set by = part_spec()["by"] -%}
    select
        {%- for column in by + ["part_hour", "present_rows"] %}
        parts.{{ column }},
        {%- endfor %}
        coalesce(now.row_count, 0) as row_count,
        now.line_count,
        {% if part_spec()["pairs_of"] -%}
        parts.wanted_fingerprint as fingerprint
        {%- else -%}
        now.fingerprint
        {%- endif %}
    from ({{ parts.sql }}) as parts
    left join (
        {{ get_parts_sql(
            "select * from " ~ this ~ " as present where " ~ within_hours("present", parts.wanted_hours) ~ " and " ~ has_key("present", parts)
        ) }}
    ) as now
        on
            case when parts.wanted_fingerprint is not null then parts.{{ by[0] }} end = now.{{ by[0] }}
            {%- for column in by[1:] %}
            and parts.{{ column }} = now.{{ column }}
            {%- endfor %}
            {%- if part_spec()["time"] %}
            and parts.part_hour = now.part_hour
            {%- endif %}
{%- endmacro %}
