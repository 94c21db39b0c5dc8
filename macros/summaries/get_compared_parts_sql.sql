{#- Every part in the scope, and whether the table has it as it should. `key_stays`, in a scope of keys: whether the table is to have anything
    of the part's key. -#}
{% macro get_compared_parts_sql(scope) -%}
    {%- set by = part_spec()["by"] -%}
    select
        {%- for column in by + ["part_hour"] %}
        coalesce(wanted.{{ column }}, present.{{ column }}) as {{ column }},
        {%- endfor %}
        wanted.fingerprint as wanted_fingerprint,
        coalesce(present.row_count, 0) as present_rows,
        wanted.fingerprint is distinct from present.fingerprint as differs,
        {% if "keys" in scope -%}
        {%- set key = scope["column"] -%}
        bool_or(wanted.fingerprint is not null) over (partition by coalesce(wanted.{{ key }}, present.{{ key }}))
        {%- else -%}
        true
        {%- endif %} as key_stays
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
