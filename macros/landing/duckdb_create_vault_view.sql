{#- A vault relation: a view over a function of the plugin that answers builds and nobody else, so that the key never enters
    the database, a log or a result. -#}
{% macro duckdb_create_vault_view(source) %}
    {% do run_query(
        "create or replace view \"" ~ source.schema ~ "\".\"" ~ source.identifier ~ "\" as
        select coalesce(
            stedi_vault_key(" ~ quoted(vault_root()) ~ "),
            error('the vault key is read by dbt run and dbt build, and by nothing else')
        ) as key_hex"
    ) %}
{% endmacro %}
