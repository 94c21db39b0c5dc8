{#- The nodes of this project's models, in the order in which dbt knows them. -#}
{% macro project_models() %}
    {% set found = [] %}
    {% for node in graph.nodes.values() if node.resource_type == "model" and node.package_name == "stedi" %}
        {% do found.append(node) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}
