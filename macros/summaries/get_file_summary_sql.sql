{#- The lines of the table by file and when it landed, reason for rejection, key and hour; of `files` alone where given. -#}
{% macro get_file_summary_sql(files=none) -%}
    {%- set by = ["source_file", "loaded_at", "rejection_reason"] + (config.get("part_by") or []) -%}
    {%- set hour = part_hour() if config.get("part_time") else none -%}
    select
        {{ by | join(", ") }},
        {%- if hour %}
        {{ hour }} as part_hour,
        {%- endif %}
        count(*) as row_count
    from {{ this }}
    {% if files -%}
    where {{ literal_in("source_file", files | map(attribute="source_file") | list) }}
        and source_file not in (select source_file from {{ summary_of() }})
    {% endif -%}
    group by {{ (by + ([hour] if hour else [])) | join(", ") }}
{%- endmacro %}
