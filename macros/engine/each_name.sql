{#- The rows of a relation, once for each of the names that the text `names` holds with a space between them: `columns`, and the name as
    `name`. DuckDB's join with a list would keep the whole text beside each of its names: gigabytes, for a document of thousands. -#}
{% macro each_name(relation, columns, names, name) -%}
    {{ adapter.dispatch("each_name", "stedi")(relation, columns, names, name) }}
{%- endmacro %}

{% macro default__each_name(relation, columns, names, name) -%}
    {{ unsupported_engine("each_name") }}
{%- endmacro %}

{% macro athena__each_name(relation, columns, names, name) -%}
    select
        {% for column in columns -%}
        source.{{ column }},
        {% endfor -%}
        named.{{ name }}
    from {{ relation }} as source
    cross join unnest(split(source.{{ names }}, ' ')) as named ({{ name }})
{%- endmacro %}

{% macro duckdb__each_name(relation, columns, names, name) -%}
    select
        {% for column in columns -%}
        {{ column }},
        {% endfor -%}
        unnest(string_split({{ names }}, ' ')) as {{ name }}
    from {{ relation }}
{%- endmacro %}
