{#- Makes a table that is no model from a query, in the place of one that is there. -#}
{% macro make_table(relation, rows) %}
    {{ adapter.dispatch("make_table", "stedi")(relation, rows) }}
{% endmacro %}

{% macro default__make_table(relation, rows) %}
    {{ unsupported_engine("make_table") }}
{% endmacro %}

{% macro duckdb__make_table(relation, rows) %}
    {% do run_query("create or replace table " ~ relation ~ " as " ~ rows) %}
{% endmacro %}

{% macro athena__make_table(relation, rows) %}
    {% set there = load_relation(relation) %}
    {% if there is not none %}
        {% do adapter.drop_relation(there) %}
    {% endif %}
    {% set location = adapter.generate_s3_location(
        relation, target.s3_data_dir, "schema_table_unique", none, none, false
    ) %}
    {% do run_query(
        "create table " ~ relation ~ " with (table_type = 'iceberg', is_external = false, format = 'parquet',
            write_compression = 'zstd', location = '" ~ location ~ "',
            optimize_rewrite_delete_file_threshold = 1, vacuum_max_snapshot_age_seconds = 86400) as " ~ rows
    ) %}
{% endmacro %}
