{#- What is asked for once a build: a dictionary that all its nodes share. dbt keeps `graph` for as long as it keeps the project. -#}
{% macro build_memory() %}
    {% if graph.get("stedi_build", {}).get("invocation_id") != invocation_id %}
        {% do graph.update({"stedi_build": {"invocation_id": invocation_id}}) %}
    {% endif %}
    {{ return(graph["stedi_build"]) }}
{% endmacro %}
