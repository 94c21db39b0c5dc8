{#- Of each landing file that a staging table has read: relation, source_file, row_count and loaded_at, as its summary has them. -#}
{% macro get_read_files_sql(name, is_believed=true) %}
    {{ return(
        "select '" ~ name ~ "' as relation, source_file, " ~ summed_rows(is_believed) ~ " as row_count, max(loaded_at) as loaded_at from "
        ~ summary_of(name) ~ (" where is_total" if is_believed) ~ " group by source_file"
    ) }}
{% endmacro %}
