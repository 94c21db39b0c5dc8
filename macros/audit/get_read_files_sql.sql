{% macro get_read_files_sql(name) %}
    {{ return(
        "select '" ~ name ~ "', source_file, sum(row_count), max(loaded_at) from " ~ summary_of(name) ~ " group by source_file"
    ) }}
{% endmacro %}
