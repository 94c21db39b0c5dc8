{#- The staging models that read landing. -#}
{% macro landed_models() %}
    {% set found = [] %}
    {% for model in graph.nodes.values() if model.resource_type == "model" and model.config.materialized == "landed" %}
        {% do found.append(model) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}
