{#- Iceberg names every state of a table by its metadata file, which the catalog knows. From the states of a model's table, of its summary and
    of all that it reads: a text that changes whenever one of them does, whoever changed it. None where that cannot be told. -#}
{% macro state_of_model(node) %}
    {% set states = [] %}
    {% for id in [node.unique_id] + node.depends_on.nodes if id.startswith("model.") %}
        {% for relation in tables_of_model(graph.nodes[id]) %}
            {% set state = build_memory().setdefault("states_of_tables", {}).get(relation | string) or state_of_table(relation) %}
            {% if state is none %}
                {{ return(none) }}
            {% endif %}
            {% do build_memory()["states_of_tables"].update({relation | string: state}) %}
            {% do states.append(state) %}
        {% endfor %}
    {% endfor %}
    {{ return(local_md5(states | join("\n"))) }}
{% endmacro %}
