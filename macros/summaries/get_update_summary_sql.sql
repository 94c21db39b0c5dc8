{#- One statement that says in the summary what the differing parts hold now, and adds to the totals of their keys by how much that is more
    than the summary knows. So it changes nothing when it is sent again, because its answer was lost. -#}
{% macro get_update_summary_sql(parts) %}
    {% if parts.leaving %}
        {{ return("delete from " ~ summary_of() ~ " where " ~ within_scope(summary_of().identifier, parts.leaving)) }}
    {% endif %}
    {% set key = part_spec()["by"] %}
    {% set columns = summary_columns() %}
    {% set parts_now %}
        select
            now.*,
            now.row_count - coalesce(known.row_count, 0) as more_rows,
            coalesce(now.line_count, 0) - coalesce(known.line_count, 0) as more_lines
        from ({{ get_parts_now_sql(parts) }}) as now
        left join (
            select * from {{ summary_of() }} as summary
            where not is_total and {{ within_hours("summary", parts.hours, "part_hour") }} and {{ has_key("summary", parts) }}
        ) as known
            on
                {%- for column in key %}
                now.{{ column }} = known.{{ column }} and
                {%- endfor %}
                now.part_hour = known.part_hour
    {% endset %}
    merge into {{ summary_of() }} as present
    using ({{ get_summary_sql(parts_now, "more_rows", "more_lines") }}) as wanted
        on
            {%- for column in key %}
            present.{{ column }} = wanted.{{ column }} and
            {%- endfor %}
            present.part_hour = wanted.part_hour
            and present.is_total = wanted.is_total
            and (present.part_hour = {{ no_hour() }} or {{ within_hours("present", parts.hours, "part_hour") }})
            and {{ has_key("present", parts) }}
    when matched and case when wanted.is_total then wanted.row_count + present.row_count = 0 else wanted.fingerprint is null end then delete
    when matched then update set
        row_count = wanted.row_count + case when wanted.is_total then present.row_count else 0 end,
        line_count = wanted.line_count + case when wanted.is_total then present.line_count else 0 end,
        fingerprint = wanted.fingerprint
    when not matched and (wanted.fingerprint is not null or wanted.is_total and wanted.row_count > 0) then
        insert ({{ columns | join(", ") }})
        values (wanted.{{ columns | join(", wanted.") }})
{% endmacro %}
