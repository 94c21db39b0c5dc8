{#- The files of a landing source that are not among those read: for each its path, as the source's "$path" has it, its source_file, and
    landed_at, which is none where it is not known. -#}
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

{#- Athena opens a file to tell its name, so S3 is asked for the names. What the name of a file may say of a person is known to
    Athena only, which has the vault key. -#}
{% macro athena__unread_landing_files(source, read) %}
    {% set unread = [] %}
    {% set plain = [] %}
    {% set files = landing_objects(source) %}
    {% for file in files if file["is_plain"] %}
        {% do plain.append(file["name"]) %}
        {% if file["name"] not in read and file["path"] not in unreadable_landing_files() %}
            {% do unread.append({"path": file["path"], "source_file": file["name"], "landed_at": file["landed_at"]}) %}
        {% endif %}
    {% endfor %}
    {% if plain | length < files | length %}
        {% for file in landing_files_besides(source, plain) if file["source_file"] not in read %}
            {% do unread.append(file) %}
        {% endfor %}
    {% endif %}
    {{ return(unread) }}
{% endmacro %}

{#- The files that Athena finds beside those of the given names. It opens every file except those that a literal predicate
    excludes. Its engine keeps such a list apart only while it is short (999 names measured; from 1,000 on it opens every file), and
    a query's text is limited, so the names are taken in slices: each query looks at one stretch of the alphabet, in the engine's order. -#}
{% macro landing_files_besides(source, names) %}
    {% set relation = '"' ~ source.schema ~ '"."' ~ source.identifier ~ '"' %}
    {% set root = landing_root() ~ "/" %}
    {% set files = [] %}
    {% set slices = names | sort(case_sensitive=true) | batch(900) | list or [[]] %}
    {% for slice in slices %}
        {% set conditions = ["true"] %}
        {% if slice %}
            {% set paths = [] %}
            {% for name in slice %}
                {% do paths.append(quoted(root ~ name)) %}
            {% endfor %}
            {% do conditions.append('"$path" not in (' ~ paths | join(", ") ~ ")") %}
            {% if not loop.first %}
                {% do conditions.append('"$path" >= ' ~ paths[0]) %}
            {% endif %}
            {% if not loop.last %}
                {% do conditions.append('"$path" < ' ~ quoted(root ~ slices[loop.index][0])) %}
            {% endif %}
        {% endif %}
        {% for row in run_query(
            'select distinct "$path", ' ~ source_file() ~ " from " ~ relation
            ~ " cross join " ~ keyed_vault(zone_relation("vault", "pseudonym_key")) ~ " as vault where " ~ conditions | join(" and ")
        ).rows %}
            {% do files.append({"path": row[0], "source_file": row[1], "landed_at": none}) %}
        {% endfor %}
    {% endfor %}
    {{ return(files) }}
{% endmacro %}
