{#- Drops what a build that died left under the names adapters use while they replace a table: it may hold the rows of
    people who have withdrawn since. A table that died between two renames is simply built anew. -#}
{% macro drop_leftovers() %}
    {% for model in project_models() %}
        {% set relations = [zone_relation("staging", model.name ~ "__differing")] %}
        {% for suffix in ["__dbt_tmp", "__dbt_backup", "__ha", "__bkp"] %}
            {% do relations.append(zone_relation(model.fqn[1], model.name ~ suffix)) %}
        {% endfor %}
        {% for relation in relations %}
            {% set leftover = load_relation(relation) %}
            {% if leftover is not none %}
                {% do adapter.drop_relation(leftover) %}
                {% do log("dropped " ~ relation.schema ~ "." ~ relation.identifier ~ ", left over by a build that died", info=true) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
{% endmacro %}
