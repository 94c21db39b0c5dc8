{#- Files as read_csv reads raw lines: one column, nothing quoted. `files` is SQL text: a glob or a list of names. A line that
    is not UTF-8 is left out, and noted in reject_errors where `rejects` says so. The line end is fixed: left open, DuckDB
    loses lines. The file's name keeps its own name `filename`: under another, DuckDB opens every file to filter by it. -#}
{% macro duckdb_read_lines(files, rejects=false) -%}
    (
        select line, filename as "$path"
        from read_csv(
            {{ files }},
            columns = {'line': 'varchar'}, header = false, auto_detect = false, filename = true,
            delim = '\x02', quote = '', escape = '', comment = '', new_line = '\n', strict_mode = false,
            {{ "store_rejects" if rejects else "ignore_errors" }} = true
        )
        where parse_filename(filename)[1] not in ('_', '.') and line is not null
    )
{%- endmacro %}

{% macro duckdb_glob(source) -%}
    '{{ adapter.escape_sql_string(landing_root() ~ "/" ~ source.config.meta.location ~ "/*") }}'
{%- endmacro %}

{#- The files of a source, in column `file`. -#}
{% macro duckdb_list_files(source) -%}
    select file from glob({{ duckdb_glob(source) }}) where parse_filename(file)[1] not in ('_', '.')
{%- endmacro %}
