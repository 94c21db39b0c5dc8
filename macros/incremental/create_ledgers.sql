{#- Makes the audit's ledgers, the sources of format `ledger`, where they are not there: tables that only ever grow, which no
    full refresh touches. -#}
{% macro create_ledgers() %}
    {% for ledger in graph.sources.values() if ledger.package_name == "stedi" and ledger.config.meta.format == "ledger" %}
        {% set relation = zone_relation("audit", ledger.identifier) %}
        {% if load_relation(relation) is none %}
            {% do adapter.create_schema(relation) %}
            {% set columns = [] %}
            {% for column in ledger.columns.values() %}
                {% do columns.append("cast(null as " ~ column.data_type ~ ") as " ~ column.name) %}
            {% endfor %}
            {% do make_table(relation, "select " ~ columns | join(", ") ~ " where 1 = 0") %}
        {% endif %}
    {% endfor %}
    {% if load_relation(agreed()) is none %}
        {% do adapter.create_schema(agreed()) %}
        {% do make_table(agreed(), "select cast(null as varchar) as relation, cast(null as varchar) as state where 1 = 0") %}
    {% endif %}
{% endmacro %}
