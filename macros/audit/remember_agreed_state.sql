{#- Once the table has been found to agree. Written at the end of the build, for all tables in one statement: what
    is lost with a build that dies means nothing worse than comparing again. -#}
{% macro remember_agreed_state(definition, state) %}
    {% do relation_states().update({model.name: {"definition": definition, "agreed_state": state, "is_new": true}}) %}
{% endmacro %}
