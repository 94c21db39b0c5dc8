{#- Every file of a source as read_csv reads raw lines: one column, nothing quoted. A line that is not UTF-8 is left out,
    and noted in reject_errors where `rejects` says so. The line end is fixed: left open, DuckDB loses lines. -#}
{% macro duckdb_read_lines(source, rejects=false) -%}
    (
        select line, "$path"
        from read_csv(
            '{{ duckdb_files(source) }}',
            columns = {'line': 'varchar'}, header = false, auto_detect = false, filename = '$path',
            delim = '\x02', quote = '', escape = '', comment = '', new_line = '\n', strict_mode = false,
            {{ "store_rejects" if rejects else "ignore_errors" }} = true
        )
        where parse_filename("$path")[1] not in ('_', '.') and line is not null
    )
{%- endmacro %}

{% macro duckdb_files(source) -%}
    {{ adapter.escape_sql_string(landing_root() ~ "/" ~ source.config.meta.location ~ "/*") }}
{%- endmacro %}
