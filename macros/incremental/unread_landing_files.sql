{#- The files of a landing source that are not among those read, as the source's "$path" has them. -#}
{% macro unread_landing_files(source, read) %}
    {{ return(adapter.dispatch("unread_landing_files", "stedi")(source, read)) }}
{% endmacro %}

{% macro default__unread_landing_files(source, read) %}
    {{ unsupported_engine("unread_landing_files") }}
{% endmacro %}

{% macro duckdb__unread_landing_files(source, read) %}
    {% set root = landing_root() ~ "/" %}
    {% set unread = [] %}
    {% for file in run_query(duckdb_list_files(source) ~ " order by file").columns[0].values() if file[root | length:] not in read %}
        {% do unread.append(file) %}
    {% endfor %}
    {{ return(unread) }}
{% endmacro %}

{#- Athena opens a file for its name too, except files that a literal predicate excludes. Its engine keeps such a list
    apart only while it is short (999 names measured; from 1,000 on it opens every file), and a query's text is limited,
    so the names are taken in slices: each query looks at one stretch of the alphabet without the names known in it. -#}
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
                {% do names.append("'" ~ (root ~ name).replace("'", "''") ~ "'") %}
            {% endfor %}
            {% do conditions.append('"$path" not in (' ~ names | join(", ") ~ ")") %}
            {% if not loop.first %}
                {% do conditions.append('"$path" >= ' ~ names[0]) %}
            {% endif %}
            {% if not loop.last %}
                {% do conditions.append('"$path" < ' ~ "'" ~ (root ~ slices[loop.index][0]).replace("'", "''") ~ "'") %}
            {% endif %}
        {% endif %}
        {% do unread.extend(
            run_query('select distinct "$path" from ' ~ relation ~ " where " ~ conditions | join(" and "))
            .columns[0].values()
        ) %}
    {% endfor %}
    {{ return(unread) }}
{% endmacro %}
