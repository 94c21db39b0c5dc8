{#- Writes down in `landing_file` what lies in landing now, and keeps aside the lines that DuckDB must not read itself.
    1. List landing, and read new and changed files once (the plugin's function does both). Nothing is changed yet.
    2. Refuse a landing that this database was not built from (remember_landing).
    3. Keep odd lines aside. 4. Write the files down. A build that dies before step 4 does step 3 again. -#}
{% macro duckdb_note_landing_files() %}
    {% set found = "found_file" %}
    {% set kept = zone_relation("landing", "kept_line") %}
    {% set noted = zone_relation("audit", "landing_file") %}
    {% do run_query("create table if not exists " ~ kept ~ " (entity varchar, path varchar, line varchar)") %}
    {% do run_query("create or replace temporary table " ~ found ~ " (entity varchar, answer json)") %}
    {% do run_query("create or replace temporary table found_line (entity varchar, path varchar, line varchar)") %}
    {% for source in landing_sources() if source.config.meta.format == "lines" %}
        {% do duckdb_look_at_landing(source, noted, found) %}
    {% endfor %}
    {% do run_query("create or replace temporary table " ~ found ~ " as " ~ duckdb_found_files(found)) %}
    {#- What was read below a folder that cannot be read now is not gone. -#}
    {% do run_query(
        "insert into " ~ found ~ " by name
        select noted.* exclude (read_state, read_landed_at) replace ('unreadable' as status, shut.reason as reason, null as line_count),
            shut.root, shut.is_synthetic
        from " ~ noted ~ " as noted inner join " ~ found ~ " as shut
            on noted.entity = shut.entity and shut.status = 'unreadable' and starts_with(noted.source_file, shut.source_file || '/')
        where noted.read_state is not null"
    ) %}

    {% set landing = run_query("select any_value(root), bool_or(is_synthetic) from " ~ found).rows[0] %}
    {#- A copy has the size and the time of what it is one of. -#}
    {% set is_moved = (remembered_landing() is not none and remembered_landing()["landing"] != landing[0]) | lower %}
    {% set is_changed = run_query(
        "select count(*) from " ~ noted ~ " as noted left join " ~ found ~ " as found using (entity, source_file)
        where noted.read_state is not null
            and (found.status is null or found.status = 'ignored' or (
                found.status = 'read' and found.state <> noted.read_state
                and (not " ~ is_moved ~ " or regexp_replace(found.state, ' [^ ]*$', '') <> regexp_replace(noted.read_state, ' [^ ]*$', ''))
                and (
                    found.landed_at <> noted.read_landed_at
                    or source_file not in (select listed from " ~ erasure("file") ~ " as rewritten)
                )
            ))"
    ).rows[0][0] > 0 %}
    {% do remember_landing(landing[0], landing[1], is_changed) %}

    {% do run_query(
        "delete from " ~ kept ~ " where path not in (select path from " ~ found ~ " where status = 'read' and line_count is null)"
    ) %}
    {% do run_query("insert into " ~ kept ~ " select entity, path, line from found_line") %}
    {% do run_query(
        "create or replace table " ~ noted ~ " as
        select found.entity, found.source_file, found.status, found.reason, found.size, found.landed_at, found.state,
            case when found.status = 'read' then coalesce(found.line_count, noted.line_count) end as line_count,
            case when found.status = 'read' then found.state else noted.read_state end as read_state,
            case when found.status = 'read' then found.landed_at else noted.read_landed_at end as read_landed_at,
            found.path, found.is_whole or (found.line_count is null and coalesce(noted.is_whole, false)) as is_whole
        from " ~ found ~ " as found left join " ~ noted ~ " as noted using (entity, source_file)"
    ) %}
    {% do run_query("drop table " ~ found) %}
    {% do run_query("drop table found_line") %}
{% endmacro %}

{#- Asks the plugin's function for one entity, and stops the build where there is nothing to read and its source is_required. -#}
{% macro duckdb_look_at_landing(source, noted, found) %}
    {% set entity = entity_of(source) %}
    {% set location = source.config.meta.location %}
    {% set documents = graph.sources["source.stedi." ~ source.source_name ~ "." ~ entity ~ "_landing"] %}
    {% set fields = documents.columns.keys() | map("lower") | list %}
    {% do run_query(
        "insert into " ~ found ~ "
        select '" ~ entity ~ "', cast(stedi_landing(cast(json_object(
            'root', " ~ quoted(landing_root()) ~ ", 'location', " ~ quoted(location) ~ ", 'vault', " ~ quoted(vault_root()) ~ ",
            'required', " ~ is_required(source) | lower ~ ", 'fields', " ~ quoted(tojson(fields)) ~ "::json,
            'searched', " ~ (entity == "customer") | lower ~ ",
            'moved_from', " ~ (quoted(remembered_landing()["landing"]) if remembered_landing() else "null") ~ ",
            'listed_before', " ~ (time_of_last_listing() or "null") ~ ",
            'known', (
                select to_json(list({
                    'source_file': source_file, 'state': state, 'landed': epoch(landed_at)::bigint,
                    'is_read': status = 'read'" ~ (
                        " and path not in (select path from " ~ zone_relation("landing", "kept_line") ~ " where line = 'erased')"
                        if "model.stedi.stg_" ~ entity in selected_resources
                    ) ~ "
                }))
                from " ~ noted ~ " where entity = '" ~ entity ~ "' and state is not null
            )
        ) as varchar)) as json)"
    ) %}
    {% set error, kept, longest = run_query(
        "select answer ->> 'error', answer ->> 'kept', answer ->> 'longest' from " ~ found ~ " where entity = '" ~ entity ~ "'"
    ).rows[0].values() %}
    {% do run_query(
        "insert into found_line select '" ~ entity ~ "', path, line
        from read_json(" ~ quoted(kept) ~ ", format = 'newline_delimited', compression = 'uncompressed',
            columns = {'path': 'varchar', 'line': 'varchar'}, maximum_object_size = " ~ [longest | int, 1000000] | max ~ ")"
    ) if kept %}
    {% do run_query("select stedi_forget_kept_lines()") %}
    {% set files = "(select unnest(from_json(answer -> 'files', '[\"json\"]')) as file from " ~ found ~ " where entity = '" ~ entity ~ "')" %}
    {% set read = run_query("select count(*) from " ~ files ~ " where file ->> 'status' = 'read'").rows[0][0] if not error else 0 %}
    {% if error or (read == 0 and is_required(source)) %}
        {% set others = run_query(
            "select file ->> 'source_file', file ->> 'reason' from " ~ files ~ " order by 1 limit 1"
        ).rows if not error else [] %}
        {{ exceptions.raise_compiler_error(
            "no landing files at " ~ landing_root() ~ "/" ~ location ~ "/"
            ~ (" (" ~ error ~ ")" if error else "")
            ~ (" (" ~ others[0][0] ~ " is not read: " ~ others[0][1] ~ ")" if others else "")
            ~ ": set STEDI_LANDING to the landing folder or s3:// URL. For synthetic data leave it unset, and run `stedi run`"
        ) }}
    {% endif %}
{% endmacro %}

{#- The answers for all entities as rows, one a file. -#}
{% macro duckdb_found_files(found) -%}
    select
        entity,
        root,
        is_synthetic,
        file ->> 'path' as path,
        file ->> 'source_file' as source_file,
        file ->> 'status' as status,
        file ->> 'reason' as reason,
        cast(file ->> 'size' as bigint) as size,
        file ->> 'state' as state,
        make_timestamp(1000000 * cast(file ->> 'landed' as bigint)) as landed_at,
        cast(file ->> 'line_count' as bigint) as line_count,
        cast(file ->> 'is_whole' as boolean) as is_whole
    from (
        select
            entity,
            root,
            is_synthetic,
            unnest(files) as file
        from (
            -- apart, so that the answer is not carried along with each of its files
            select
                entity,
                answer ->> 'root' as root,
                cast(answer ->> 'is_synthetic' as boolean) as is_synthetic,
                from_json(answer -> 'files', '["json"]') as files
            from {{ found }}
        )
    )
{%- endmacro %}
