{#- Once a model is through: the state in which its table agrees with what it was made from, if `agrees`. Written at the end of the build.
    What it reads is in the state that it had before it was read, so that nobody else's change is believed. -#}
{% macro remember_agreed_state(agrees) %}
    {% for relation in tables_of_model(model) %}
        {% do build_memory().setdefault("states_of_tables", {}).update({relation | string: state_of_table(relation)}) %}
    {% endfor %}
    {% do build_memory().setdefault("agreed_states", {}).update({model.name: state_of_model(model) if agrees else none}) %}
{% endmacro %}
