{#- One statement that says in the summary what the differing parts hold now. -#}
{% macro get_update_summary_sql(parts) %}
    {% set columns = summary_columns() %}
    merge into {{ summary_of() }} as present
    using ({{ get_parts_now_sql(parts) }}) as wanted
        on
            {%- for column in config.require("part_by") %}
            present.{{ column }} = wanted.{{ column }} and
            {%- endfor %}
            present.part_hour = wanted.part_hour
    when matched and wanted.fingerprint is null then delete
    when matched then update set
        {%- for column in columns[config.require("part_by") | length + 1:] %}
        {{ column }} = wanted.{{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    when not matched and wanted.fingerprint is not null then
        insert ({{ columns | join(", ") }})
        values (wanted.{{ columns | join(", wanted.") }})
{% endmacro %}
