{#- The documents of one entity for people to query: every field as text, a row for every line, nulls where a line does
    not parse, like Athena's JSON tables. -#}
{% macro duckdb_create_json_view(source) %}
    {% set schema = '"' ~ source.schema ~ '"' %}
    {% set names = source.columns.values() | map(attribute="name") | list %}
    {% do run_query(
        "create or replace view " ~ schema ~ ".\"" ~ source.identifier ~ "\" as
        select " ~ duckdb_json_columns(names) ~ "
        from (
            select json_extract_string(
                case when json_valid(document) then document end, ['$." ~ names | join("', '$.") ~ "']
            ) as fields
            from (
                select " ~ trimmed_line("line") ~ " as document
                from " ~ schema ~ ".\"" ~ source.identifier ~ "_lines\"
            )
        )"
    ) %}
{% endmacro %}

{% macro duckdb_json_columns(names) -%}
    {%- for name in names -%}
        fields[{{ loop.index }}] as "{{ name }}"{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
