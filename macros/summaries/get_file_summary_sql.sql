{#- The lines of the table by file and when it landed, reason for rejection, key and hour, with a total of each file and reason; of
    `files` alone where given. -#}
{% macro get_file_summary_sql(files=none) -%}
    {%- set of_file = ["source_file", "loaded_at", "rejection_reason"] | join(", ") -%}
    {%- set of_part = part_spec()["by"] | join(", ") -%}
    select
        {{ of_file }},
        {{ of_part }},
        part_hour,
        count(*) as row_count,
        grouping(part_hour) = 1 as is_total
    from (
        select
            {{ of_file }},
            {{ of_part }},
            {{ part_hour() }} as part_hour
        from {{ this }}
        {%- if files %}
        where
            {{ is_in_files_read(files) }}
            and source_file not in (select source_file from {{ summary_of() }} where is_total and {{ is_in_files_read(files) }})
        {%- endif %}
    ) as lines
    group by grouping sets (({{ of_file }}, {{ of_part }}, part_hour), ({{ of_file }}))
{%- endmacro %}
