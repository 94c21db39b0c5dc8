{#- Of each landing file that a staging table has read and this build lists: relation, source_file, row_count, loaded_at and file_count, as
    its summary has them. What is not listed is in one row without a source_file. -#}
{% macro get_read_files_sql(model, is_believed=true) %}
    {{ return(
        "select '" ~ model.name ~ "' as relation, source_file, " ~ summed_rows(is_believed) ~ " as row_count, max(loaded_at) as loaded_at,
            count(distinct file_name) as file_count
        from (
            select case when " ~ is_listed("source_file", landing_source_of(model).config.meta.location) ~ " then source_file else '' end as source_file,
                source_file as file_name, loaded_at, row_count, is_total
            from " ~ summary_of(model.name) ~ (" where is_total" if is_believed) ~ "
        ) as summary group by source_file"
    ) }}
{% endmacro %}
