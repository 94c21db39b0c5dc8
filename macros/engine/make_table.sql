{#- Makes a table that is no model from a query, in the place of one that is there. `apart_by`: a column with few values; an engine with
    files keeps those of each value apart. `temporary`: it is gone before the build ends; on S3, whatever becomes of the build. -#}
{% macro make_table(relation, rows, apart_by=none, temporary=false) %}
    {{ adapter.dispatch("make_table", "stedi")(relation, rows, apart_by, temporary) }}
{% endmacro %}

{% macro default__make_table(relation, rows, apart_by, temporary) %}
    {{ unsupported_engine("make_table") }}
{% endmacro %}

{% macro duckdb__make_table(relation, rows, apart_by, temporary) %}
    {% do run_query("create or replace table " ~ relation ~ " as " ~ rows) %}
{% endmacro %}

{% macro athena__make_table(relation, rows, apart_by, temporary) %}
    {% set there = load_relation(relation) %}
    {% if there is not none %}
        {% do adapter.drop_relation(there) %}
    {% endif %}
    {% set location = adapter.generate_s3_location(
        relation, target.s3_data_dir, "schema_table_unique", target.s3_tmp_table_dir, none, temporary
    ) %}
    {% do run_query(
        "create table " ~ relation ~ " with (table_type = 'iceberg', is_external = false, format = 'parquet',
            write_compression = 'zstd', location = '" ~ location ~ "',
            " ~ ("partitioning = array['" ~ apart_by ~ "'], " if apart_by else "") ~ "optimize_rewrite_delete_file_threshold = 1, vacuum_max_snapshot_age_seconds = 86400) as " ~ rows
    ) %}
{% endmacro %}
