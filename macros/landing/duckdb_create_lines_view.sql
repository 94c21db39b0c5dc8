{#- The raw lines of one entity. Reading every line of a new file once, before anything is built, finds unreadable files while
    the old tables stand, and the lines that are not UTF-8: read_csv cannot return those, so they are kept aside, marked
    (which also makes sure that they are no JSON), and the view gives them back. -#}
{% macro duckdb_create_lines_view(source) %}
    {% if run_query("select count(*) from (" ~ duckdb_list_files(source) ~ ")").rows[0][0] == 0 %}
        {{ exceptions.raise_compiler_error(
            "no landing files at " ~ duckdb_glob(source) ~ ": run `stedi generate` for synthetic data, or set STEDI_LANDING "
            ~ "to a folder or s3:// URL that holds " ~ source.config.meta.location ~ "/"
        ) }}
    {% endif %}

    {% set relation = '"' ~ source.schema ~ '"."' ~ source.identifier ~ '"' %}
    {% set undecodable = '"' ~ source.schema ~ '"."' ~ source.identifier ~ '_not_utf8"' %}
    {% do run_query("create table if not exists " ~ undecodable ~ " (line varchar, \"$path\" varchar)") %}
    {% set files = duckdb_unread_files(source) %}
    {% if files %}
        {% set files = "['" ~ files | map("replace", "'", "''") | join("', '") ~ "']" %}
        {% do run_query("select count(*) from " ~ duckdb_read_lines(files, rejects=true)) %}
        {% do run_query("delete from " ~ undecodable ~ " where \"$path\" in (select unnest(" ~ files ~ "))") %}
        {% do run_query(
            "insert into " ~ undecodable ~ "
            select 'not UTF-8: ' || trim(errors.csv_line, e' \\t\\r\\n') as line, scans.file_path as \"$path\"
            from reject_errors as errors
            inner join reject_scans as scans using (scan_id, file_id)
            where errors.scan_id = (select max(scan_id) from reject_scans)"
        ) %}
    {% endif %}
    {% do run_query(
        "create or replace view " ~ relation ~ " as
        select lines.line, lines.\"$path\", epoch_ms(epoch_ms(files.last_modified)) as \"$file_modified_time\"
        from (
            select line, \"$path\" from " ~ duckdb_read_lines(duckdb_glob(source)) ~ "
            union all
            select line, \"$path\" from " ~ undecodable ~ "
        ) as lines
        inner join (select filename, last_modified from read_blob(" ~ duckdb_glob(source) ~ ")) as files
            on lines.\"$path\" = files.filename"
    ) %}
{% endmacro %}

{#- The files that staging will read in this build: those it has not read, or all of them. -#}
{% macro duckdb_unread_files(source) %}
    {% set unread = duckdb_list_files(source) %}
    {% for model in graph.nodes.values() if model.config.materialized == "landed" and source.unique_id in model.depends_on.nodes %}
        {% set staging = adapter.get_relation(model.database, model.schema, model.alias) %}
        {% if staging is not none and not flags.FULL_REFRESH and not is_landing_replaced() %}
            {% set unread = unread ~ " and substr(file, " ~ ((landing_root() ~ "/") | length + 1)
                ~ ") not in (select source_file from " ~ staging ~ ")" %}
        {% endif %}
    {% endfor %}
    {{ return(run_query(unread ~ " order by file").columns[0].values() | list) }}
{% endmacro %}
