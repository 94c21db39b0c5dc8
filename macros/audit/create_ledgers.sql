{#- Makes the audit's own tables (sources of format `ledger`) where they are not there, and adds columns that an older version
    did not have. No full refresh touches them. -#}
{% macro create_ledgers() %}
    {% for ledger in graph.sources.values() if ledger.package_name == "stedi" and ledger.config.meta.format == "ledger" %}
        {% set relation = zone_relation("audit", ledger.identifier) %}
        {% set there = load_relation(relation) %}
        {% if there is none %}
            {% do adapter.create_schema(relation) %}
            {% set columns = [] %}
            {% for column in ledger.columns.values() %}
                {% do columns.append("cast(null as " ~ column.data_type ~ ") as " ~ column.name) %}
            {% endfor %}
            {% do make_table(relation, "select " ~ columns | join(", ") ~ " where 1 = 0") %}
        {% else %}
            {% set known = column_names(there) %}
            {% for column in ledger.columns.values() if column.name not in known %}
                {% do add_column(relation, column.name, column.data_type) %}
            {% endfor %}
        {% endif %}
    {% endfor %}
{% endmacro %}
