{#- Of each model that this model reads, in which scopes this build has changed its table (note_changed_scopes). -#}
{% macro changed_scopes_of_inputs() %}
    {% set found = {} %}
    {% for id in model.depends_on.nodes if id.startswith("model.") %}
        {% set name = graph.nodes[id].name %}
        {% do found.update({name: build_memory().get("changed_scopes", {}).get(name, [])}) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}
