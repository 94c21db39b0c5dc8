{#- Before a table of another definition takes this one's place: where the build dies on the way, nothing may be said of it. -#}
{% macro forget_other_definition(definition) %}
    {% if model.name in relation_states() and relation_states()[model.name]["definition"] != definition %}
        {% do run_query("delete from " ~ zone_relation("audit", "relation_state") ~ " where relation = '" ~ model.name ~ "'") %}
        {% do relation_states().pop(model.name) %}
    {% endif %}
{% endmacro %}
