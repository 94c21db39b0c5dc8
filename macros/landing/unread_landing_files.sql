{#- The files of a landing source that are not among those read: for each its path, as the source's "$path" has it, its source_file, and
    landed_at, which is none where it is not known. On Athena also another_time_than, the object's own time where it landed at another. -#}
{% macro unread_landing_files(source, read) %}
    {{ return(adapter.dispatch("unread_landing_files", "stedi")(source, read)) }}
{% endmacro %}

{% macro default__unread_landing_files(source, read) %}
    {{ unsupported_engine("unread_landing_files") }}
{% endmacro %}

{% macro duckdb__unread_landing_files(source, read) %}
    {% set unread = [] %}
    {% for file in run_query(
        "select path, source_file, landed_at from " ~ zone_relation("audit", "landing_file") ~ "
        where entity = '" ~ entity_of(source) ~ "' and status = 'read' and line_count > 0 order by path"
    ).rows if file[1] not in read %}
        {% do unread.append({"path": file[0], "source_file": file[1], "landed_at": file[2]}) %}
    {% endfor %}
    {{ return(unread) }}
{% endmacro %}

{#- Athena opens a file to tell its name, so S3 is asked for the names. -#}
{% macro athena__unread_landing_files(source, read) %}
    {% set unread = [] %}
    {% for object in landing_objects(source) if object.is_listed and object.name not in read %}
        {% do unread.append({"path": object.path, "source_file": object.name, "landed_at": object.landed_at,
            "another_time_than": object.another_time_than}) %}
    {% endfor %}
    {{ return(unread) }}
{% endmacro %}
