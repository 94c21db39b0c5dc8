{#- Every part in the scope, and whether the table has it as it should. -#}
{% macro get_compared_parts_sql(scope) -%}
    {%- set by = part_spec()["by"] -%}
    select
        {%- for column in by + ["part_hour"] %}
        coalesce(wanted.{{ column }}, present.{{ column }}) as {{ column }},
        {%- endfor %}
        wanted.fingerprint as wanted_fingerprint,
        coalesce(present.row_count, 0) as present_rows,
        wanted.fingerprint is distinct from present.fingerprint as differs
    from ({{ get_wanted_parts_sql(scope) }}) as wanted
    full outer join ({{ get_present_parts_sql(scope) }}) as present
        on
            {%- for column in by %}
            wanted.{{ column }} = present.{{ column }} and
            {%- endfor %}
            wanted.part_hour = present.part_hour
{%- endmacro %}

{% macro get_present_parts_sql(scope) -%}
    {%- if not has_summary() -%}
        {{ get_parts_sql("select * from " ~ this) }}
    {%- else -%}
        select
            {{ part_spec()["by"] | join(", ") }},
            part_hour,
            row_count,
            {{ "cast(line_count as varchar)" if part_spec()["lines_of"] else "fingerprint" }} as fingerprint
        from {{ summary_of() }} as present
        where not is_total and {{ within_scope("present", scope) }}
    {%- endif -%}
{%- endmacro %}
