{#- A landing source for a unit test: rows of (name, line), each in a file of that name, so that staging's source_file tells
    them apart. Called as a block, with the rows as they follow `values`. -#}
{% macro landed_lines() -%}
    select
        line,
        '{{ landing_root() }}/' || file_name as "$path",
        file_name as source_file,
        timestamp '2025-01-01 12:00:00.750' as "$file_modified_time"
    from (
        values
        {{ caller() }}
    ) as landed (file_name, line)
{%- endmacro %}
