{#- The raw lines of one entity. Reading every line once, before anything is built, finds unreadable files while the old
    tables stand, and the lines that are not UTF-8: read_csv cannot return those, so they are kept aside, marked (which
    also makes sure that they are no JSON), and the view gives them back. -#}
{% macro duckdb_create_lines_view(source) %}
    {% set files = duckdb_files(source) %}
    {% set readable = run_query(
        "select count(*) from glob('" ~ files ~ "') where parse_filename(file)[1] not in ('_', '.')"
    ).rows[0][0] %}
    {% if readable == 0 %}
        {{ exceptions.raise_compiler_error(
            "no landing files at " ~ files ~ ": run `stedi generate` for synthetic data, or set STEDI_LANDING "
            ~ "to a folder or s3:// URL that holds " ~ source.config.meta.location ~ "/"
        ) }}
    {% endif %}

    {% set relation = '"' ~ source.schema ~ '"."' ~ source.identifier ~ '"' %}
    {% set undecodable = '"' ~ source.schema ~ '"."' ~ source.identifier ~ '_not_utf8"' %}
    {% do run_query("select count(*) from " ~ duckdb_read_lines(source, rejects=true)) %}
    {% do run_query(
        "create or replace table " ~ undecodable ~ " as
        select 'not UTF-8: ' || trim(errors.csv_line, e' \\t\\r\\n') as line, scans.file_path as \"$path\"
        from reject_errors as errors
        inner join reject_scans as scans using (scan_id, file_id)
        where errors.scan_id = (select max(scan_id) from reject_scans)"
    ) %}
    {% do run_query(
        "create or replace view " ~ relation ~ " as
        select lines.line, lines.\"$path\", epoch_ms(epoch_ms(files.last_modified)) as \"$file_modified_time\"
        from (
            select line, \"$path\" from " ~ duckdb_read_lines(source) ~ "
            union all
            select line, \"$path\" from " ~ undecodable ~ "
        ) as lines
        inner join (select filename, last_modified from read_blob('" ~ files ~ "')) as files
            on lines.\"$path\" = files.filename"
    ) %}
{% endmacro %}
