{#- The files of a landing source that are not among those read: for each its path, as the source's "$path" has it, and its
    source_file. -#}
{% macro unread_landing_files(source, read) %}
    {{ return(adapter.dispatch("unread_landing_files", "stedi")(source, read)) }}
{% endmacro %}

{% macro default__unread_landing_files(source, read) %}
    {{ unsupported_engine("unread_landing_files") }}
{% endmacro %}

{% macro duckdb__unread_landing_files(source, read) %}
    {% set unread = [] %}
    {% for file in run_query(
        "select path, source_file from " ~ zone_relation("audit", "landing_file") ~ "
        where entity = '" ~ entity_of(source) ~ "' and status = 'read' order by path"
    ).rows if file[1] not in read %}
        {% do unread.append({"path": file[0], "source_file": file[1]}) %}
    {% endfor %}
    {{ return(unread) }}
{% endmacro %}

{#- Athena opens a file for its name too, except files that a literal predicate excludes. Its engine keeps such a list
    apart only while it is short (999 names measured; from 1,000 on it opens every file), and a query's text is limited,
    so the names are taken in slices: each query looks at one stretch of the alphabet without the names known in it. A file
    whose name may be personal data is known by another name, so it is not excluded here, but by comparing. -#}
{% macro athena__unread_landing_files(source, read) %}
    {% set relation = '"' ~ source.schema ~ '"."' ~ source.identifier ~ '"' %}
    {% set root = landing_root() ~ "/" %}
    {% set unread = [] %}
    {% set slices = read.keys() | sort | batch(900) | list or [[]] %}
    {% for slice in slices %}
        {% set conditions = ["true"] %}
        {% if slice %}
            {% set names = [] %}
            {% for name in slice %}
                {% do names.append(quoted(root ~ name)) %}
            {% endfor %}
            {% do conditions.append('"$path" not in (' ~ names | join(", ") ~ ")") %}
            {% if not loop.first %}
                {% do conditions.append('"$path" >= ' ~ names[0]) %}
            {% endif %}
            {% if not loop.last %}
                {% do conditions.append('"$path" < ' ~ quoted(root ~ slices[loop.index][0])) %}
            {% endif %}
        {% endif %}
        {% for row in run_query(
            'select distinct "$path", ' ~ source_file() ~ " from " ~ relation
            ~ " cross join (select key_hex from " ~ zone_relation("vault", "pseudonym_key") ~ ") as vault where " ~ conditions | join(" and ")
        ).rows if row[1] not in read %}
            {% do unread.append({"path": row[0], "source_file": row[1]}) %}
        {% endfor %}
    {% endfor %}
    {{ return(unread) }}
{% endmacro %}
