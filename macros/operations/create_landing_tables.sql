{#- Makes every source relation (landing and vault) on Athena from its own yml: external tables over the bucket. Idempotent; to be run
    once, and after a change of the yml:

        dbt run-operation create_landing_tables --target athena

    On DuckDB there is nothing to do: every build makes its views. -#}
{% macro create_landing_tables() %}
    {% if execute %}
        {{ adapter.dispatch("create_landing_tables", "stedi")(landing_sources()) }}
    {% endif %}
{% endmacro %}

{% macro default__create_landing_tables(sources) %}
    {{ unsupported_engine("create_landing_tables") }}
{% endmacro %}

{% macro athena__create_landing_tables(sources) %}
    {% for schema in sources | map(attribute="schema") | unique %}
        {% do adapter.create_schema(api.Relation.create(database=target.database, schema=schema)) %}
    {% endfor %}
    {% for source in sources %}
        {% set table = "`" ~ source.schema ~ "`.`" ~ source.identifier ~ "`" %}
        {% do run_query("drop table if exists " ~ table) %}
        {% do run_query(athena_external_table(source, table)) %}
        {% do log("created " ~ source.schema ~ "." ~ source.identifier, info=true) %}
    {% endfor %}
{% endmacro %}

{% macro duckdb__create_landing_tables(sources) %}
    {% do log("on DuckDB every build makes the landing views: run `dbt build`", info=true) %}
{% endmacro %}
