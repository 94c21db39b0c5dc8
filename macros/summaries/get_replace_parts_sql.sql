{#- One statement that empties the differing parts and fills them again. Rows of the table meet the one marker of their
    part and go, also those that nobody counted; rows of the model meet nothing and come. Whoever leaves altogether is found by the key alone, because in
    all of history that is one column to read. That only a marker meets rows is said in an equation: a condition of one side alone would make DuckDB
    compare every row with every part. -#}
{% macro get_replace_parts_sql(parts) %}
    {% if parts.leaving %}
        {{ return("delete from " ~ this ~ " where " ~ within_scope(this.identifier, parts.leaving)) }}
    {% endif %}
    {% set by = part_spec()["by"] %}
    {% set columns = model.columns.keys() | list %}
    merge into {{ this }} as present
    using (
        with

        parts as ({{ parts.sql }})

        select
            false as is_marker,
            parts.part_hour,
            {%- for column in columns %}
            wanted.{{ column }}{{ "," if not loop.last }}
            {%- endfor %}
        from ({{ sql }}) as wanted
        inner join parts on {{ same_part("wanted", "parts") }}
        where {{ within_hours("wanted", parts.wanted_hours) }} and {{ has_key("wanted", parts) }}
        union all
        select
            true as is_marker,
            part_hour,
            {%- for column in columns %}
            {{ column if column in by else "null" }} as {{ column }}{{ "," if not loop.last }}
            {%- endfor %}
        from parts
    ) as wanted
        on
            present.{{ by[0] }} = case when wanted.is_marker then wanted.{{ by[0] }} end
            {%- for column in by[1:] %}
            and present.{{ column }} = wanted.{{ column }}
            {%- endfor %}
            {%- if part_spec()["time"] %}
            and {{ part_hour("present") }} = wanted.part_hour
            {%- endif %}
            and {{ within_hours("present", parts.hours) }}
            and {{ has_key("present", parts) }}
    when matched then delete
    when not matched and not wanted.is_marker then
        insert ({{ columns | join(", ") }})
        values (wanted.{{ columns | join(", wanted.") }})
{% endmacro %}

{% macro same_part(rows, parts) -%}
    {%- for column in part_spec()["by"] %}
    {{ rows }}.{{ column }} = {{ parts }}.{{ column }} and
    {%- endfor %}
    {{ part_hour(rows) }} = {{ parts }}.part_hour
{%- endmacro %}
