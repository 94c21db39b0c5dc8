{#- Makes every source relation (landing and vault) from its own yml; idempotent. On Athena: external tables over the
    bucket, to be run once and after a change of the yml:

        dbt run-operation create_landing_tables --target athena

    On DuckDB: views over the files, made anew at the start of every build. -#}
{% macro create_landing_tables() %}
    {% if execute %}
        {% for schema in landing_sources() | map(attribute="schema") | unique %}
            {% do adapter.create_schema(api.Relation.create(database=target.database, schema=schema)) %}
        {% endfor %}
        {{ adapter.dispatch("create_landing_tables", "stedi")(landing_sources()) }}
    {% endif %}
{% endmacro %}

{% macro default__create_landing_tables(sources) %}
    {{ unsupported_engine("create_landing_tables") }}
{% endmacro %}

{% macro athena__create_landing_tables(sources) %}
    {% for source in sources %}
        {% set table = "`" ~ source.schema ~ "`.`" ~ source.identifier ~ "`" %}
        {% do run_query("drop table if exists " ~ table) %}
        {% do run_query(athena_external_table(source, table)) %}
        {% do log("created " ~ source.schema ~ "." ~ source.identifier, info=true) %}
    {% endfor %}
{% endmacro %}

{% macro duckdb__create_landing_tables(sources) %}
    {% for source in sources %}
        {% if source.config.meta.format == "secret" %}
            {% do duckdb_create_vault_view(source) %}
        {% elif source.config.meta.format == "lines" %}
            {% do duckdb_create_lines_view(source) %}
        {% endif %}
    {% endfor %}
    {% for source in sources if source.config.meta.format == "json" %}
        {% do duckdb_create_json_view(source) %}
    {% endfor %}
{% endmacro %}
