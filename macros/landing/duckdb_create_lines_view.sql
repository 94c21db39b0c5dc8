{#- The raw lines of one entity: those of the files noted at the start of this build, so that what lands later waits for
    the next. Files are named one by one, never by a pattern; lines that DuckDB must not read itself come from where they were
    kept. -#}
{% macro duckdb_create_lines_view(source) %}
    {% set noted = zone_relation("audit", "landing_file") %}
    {% set files = run_query(
        "select path, path like '%.gz' from " ~ noted ~ "
        where entity = '" ~ entity_of(source) ~ "' and status = 'read' and not is_whole and size > 0 order by path"
    ).rows %}
    {% set parts = [] %}
    {% for is_gzip in [false, true] %}
        {% set paths = files | selectattr(1, "equalto", is_gzip) | map(attribute=0) | map("replace", "'", "''") | list %}
        {% if paths %}
            {% do parts.append(duckdb_read_lines("['" ~ paths | join("', '") ~ "']", "gzip" if is_gzip else "none")) %}
        {% endif %}
    {% endfor %}
    {% do parts.append(
        "select line, path as \"$path\" from " ~ zone_relation("landing", "kept_line")
        ~ " where entity = '" ~ entity_of(source) ~ "'"
    ) %}
    {% do run_query(
        "create or replace view \"" ~ source.schema ~ "\".\"" ~ source.identifier ~ "\" as
        select lines.line, lines.\"$path\", files.source_file, files.landed_at as \"$file_modified_time\"
        from (" ~ parts | join(" union all ") ~ ") as lines
        inner join " ~ noted ~ " as files
            on lines.\"$path\" = files.path and files.entity = '" ~ entity_of(source) ~ "'"
    ) %}
{% endmacro %}
