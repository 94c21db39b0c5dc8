{#- Whether the model's table, its summary and all that it reads were, when this build began, as the last build left them, and the last
    build left them in agreement. Whatever else has touched a table since gives it another state. A build that has not ended, because it
    died or still runs, keeps its name in `taken_by`, and then nothing is believed. -#}
{% macro agreed_at_start(node=none) %}
    {% set node = node or model %}
    {% set known = build_memory().setdefault("agreed", {}) %}
    {% if node.name not in known %}
        {% set before = relation_states().get(node.name, {}) %}
        {% set believed = before.get("agreed_state") and not before.get("taken_by") %}
        {% do known.update({node.name: believed and before["agreed_state"] == state_of_model(node)}) %}
    {% endif %}
    {{ return(known[node.name]) }}
{% endmacro %}
