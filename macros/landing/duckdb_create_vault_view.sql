{#- A vault relation: a view over a function of the plugin. The key's answers builds and nobody else, so that the key never enters the
    database, a log or a result. -#}
{% macro duckdb_create_vault_view(source) %}
    {% if source.config.meta.format == "secret" %}
        {% set rows %}
            select coalesce(
                stedi_vault_key({{ quoted(vault_root()) }}),
                error('the vault key is read by dbt run and dbt build, and by nothing else')
            ) as key_hex
        {% endset %}
    {% else %}
        {% set rows %}
            select unnest(
                from_json(
                    stedi_erasure_list({{ quoted(vault_root()) }}),
                    '[{"{{ source.columns | join('":"varchar","') }}":"varchar"}]'
                ),
                recursive := true
            )
        {% endset %}
    {% endif %}
    {% do run_query("create or replace view \"" ~ source.schema ~ "\".\"" ~ source.identifier ~ "\" as " ~ rows) %}
{% endmacro %}
