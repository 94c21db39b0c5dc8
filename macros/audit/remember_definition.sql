{#- Once the table has been built under a definition; one that was built under the same before is known already. -#}
{% macro remember_definition(definition) %}
    {% if model.name not in relation_states() %}
        {% do run_query(
            "insert into " ~ zone_relation("audit", "relation_state") ~ " (relation, definition, agreed_state) select '"
            ~ model.name ~ "', '" ~ definition ~ "', cast(null as varchar)"
        ) %}
        {% do relation_states().update({model.name: {"definition": definition, "agreed_state": none}}) %}
    {% endif %}
{% endmacro %}
