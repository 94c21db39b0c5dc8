{#- Drops what a build that died left under the names adapters use while they replace a table: it may hold the rows of
    people who have withdrawn since. A table that died between two renames is simply built anew. -#}
{% macro drop_leftovers() %}
    {% for model in graph.nodes.values() if model.resource_type == "model" and model.package_name == "stedi" %}
        {% for suffix in ["__dbt_tmp", "__dbt_backup", "__ha", "__bkp"] %}
            {% set leftover = adapter.get_relation(model.database, model.schema, model.alias ~ suffix) %}
            {% if leftover is not none %}
                {% do adapter.drop_relation(leftover) %}
                {% do log("dropped " ~ model.schema ~ "." ~ model.alias ~ suffix ~ ", left over by a build that died", info=true) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
{% endmacro %}
