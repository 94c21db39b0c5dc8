{#- Materialises a staging table: every landing file read once. The first build, and a full refresh, read all of landing;
    later ones append the lines of files that are not in the table yet, whenever they arrived and whatever they are called.
    What was read stands in a companion, `<model>_parts`: lines by file (and when it landed), reason for rejection and key, for
    sensors also by hour.
    It is written after the table; where the two count differently, a build died in between, and it is made again.

    part_by, part_time: as for `reconciled`. -#}
{% materialization landed, default %}
    {% set states = relation_states() %}
    {% set definition = definition_of_model(states) %}
    {% if is_built_anew(states.get(model.name, {}), definition) %}
        {% do require_landing_lines(landing_source_of(model)) %}
        {{ return(build_anew(definition)) }}
    {% endif %}
    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {{ run_hooks(pre_hooks, inside_transaction=true) }}
    {% set source = landing_source_of(model) %}
    {% set read = found_at_start()[model.name]["files"] %}
    {% if not companion_agrees() %}
        {% do renew_companion() %}
        {% set read = {} %}
        {% for row in run_query(get_read_files_sql(model.name)).rows %}
            {% do read.update({row[1]: {"row_count": row[2], "loaded_at": row[3]}}) %}
        {% endfor %}
    {% endif %}
    {% set files = unread_landing_files(source, read) %}
    {% if files %}
        {% call statement("main") %}
            {{ append_landing_files(files) }}
        {% endcall %}
        {% do run_query("insert into " ~ companion() ~ " " ~ summarise_files(files)) %}
    {% endif %}
    {% do note_change("new files" if files else "unchanged") %}
    {{ return(finish_in_place()) }}
{% endmaterialization %}

{#- The one landing source that a staging model reads. -#}
{% macro landing_source_of(model) %}
    {% for id in model.depends_on.nodes if id.startswith("source.") and graph.sources[id].config.meta.format == "lines" %}
        {{ return(graph.sources[id]) }}
    {% endfor %}
{% endmacro %}

{#- Lines of unread files, by the model's own SQL with a literal predicate on the file name in the place of
    `every_landing_file()`: only a literal keeps an engine from opening the other files.
    A merge, not an insert, because a retry of one whose answer was lost must add nothing, and because Iceberg lets
    two merges of the same file not both succeed. -#}
{% macro append_landing_files(files) %}
    {% set marker = every_landing_file() %}
    {% if sql.count(marker) != 1 %}
        {{ exceptions.raise_compiler_error(model.name ~ " must have every_landing_file() as a condition, once") }}
    {% endif %}
    {% set columns = model.columns.keys() | list %}
    merge into {{ this }} as staged
    using (
        select {{ columns | join(", ") }}
        from ({{ sql.replace(marker, is_in_landing_files(files)) }}) as landed
        where source_file not in (select source_file from {{ companion() }})
    ) as landed
        on staged.source_file = landed.source_file and {{ literal_in("staged.source_file", files | map(attribute="source_file") | list) }}
    when not matched then
        insert ({{ columns | join(", ") }})
        values (landed.{{ columns | join(", landed.") }})
{% endmacro %}

{#- The lines of the table by file and when it landed, reason for rejection, key and hour; of `files` alone where given. -#}
{% macro summarise_files(files=none) -%}
    {%- set by = ["source_file", "loaded_at", "rejection_reason"] + (config.get("part_by") or []) -%}
    {%- set hour = part_hour() if config.get("part_time") else none -%}
    select
        {{ by | join(", ") }},
        {%- if hour %}
        {{ hour }} as part_hour,
        {%- endif %}
        count(*) as row_count
    from {{ this }}
    {% if files -%}
    where {{ literal_in("source_file", files | map(attribute="source_file") | list) }}
        and source_file not in (select source_file from {{ companion() }})
    {% endif -%}
    group by {{ (by + ([hour] if hour else [])) | join(", ") }}
{%- endmacro %}

{#- Stands where a staging model's own SQL chooses landing files. -#}
{% macro every_landing_file() -%}
    true /* of every landing file */
{%- endmacro %}

{#- Lines of these files, as a literal predicate. A name that may be personal data stands in no SQL text: such files are found
    by a digest, though an engine then opens the others to look. -#}
{% macro is_in_landing_files(files) -%}
    {%- set plain = [] -%}
    {%- set digests = [] -%}
    {%- for file in files -%}
        {%- if file["path"].endswith(file["source_file"]) -%}
            {%- do plain.append(file["path"]) -%}
        {%- else -%}
            {%- do digests.append(local_md5(file["path"])) -%}
        {%- endif -%}
    {%- endfor -%}
    (
        {{ literal_in('"$path"', plain) if plain else "1 = 0" }}
        {%- if digests %}
        or {{ literal_in(md5_of('"$path"'), digests) }}
        {%- endif %}
    )
{%- endmacro %}

{#- Texts as a literal predicate; where they would take up too much of a query's 262,144 bytes, the range they lie in.
    A caller must not rely on it alone: a range can hold more. -#}
{% macro literal_in(column, texts) -%}
    {%- set quoted = texts | map("replace", "'", "''") | list -%}
    {%- set listed = "('" ~ quoted | join("', '") ~ "')" -%}
    {%- if listed | length < 50000 and quoted | length < 900 -%}
        {{ column }} in {{ listed }}
    {%- else -%}
        {{ column }} between '{{ quoted | min }}' and '{{ quoted | max }}'
    {%- endif -%}
{%- endmacro %}
