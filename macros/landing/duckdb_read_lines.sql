{#- Files as read_csv reads raw lines: one column, nothing quoted. `files` is a list of names as SQL text. Lines that are not
    UTF-8 or very long were kept aside when the file was inspected, and are left out here. The line end is fixed: left open,
    DuckDB loses lines. The file's name keeps its own name `filename`: under another, DuckDB opens every file to filter by it. A
    folder named `line=1` is no column. -#}
{% macro duckdb_read_lines(files, compression) -%}
    select line, filename as "$path"
    from read_csv(
        {{ files }},
        columns = {'line': 'varchar'}, header = false, auto_detect = false, filename = true,
        hive_partitioning = false,
        delim = '\x02', quote = '', escape = '', comment = '', new_line = '\n', strict_mode = false,
        compression = '{{ compression }}', ignore_errors = true
    )
    where line is not null and strlen(line) <= 1000000
{%- endmacro %}
