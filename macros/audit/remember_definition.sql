{#- Once the table has been built under a definition; one that was built under the same before is known already. -#}
{% macro remember_definition(definition) %}
    {% if model.name not in relation_states() %}
        {% do run_query(
            "insert into " ~ zone_relation("audit", "relation_state") ~ " (relation, definition, agreed_state, taken_by, generation) select '"
            ~ model.name ~ "', '" ~ definition ~ "', cast(null as varchar), '" ~ invocation_id ~ "', '" ~ landing_as_read() ~ "'"
        ) %}
        {% do relation_states().update({model.name: {"definition": definition, "agreed_state": none, "taken_by": none}}) %}
    {% endif %}
{% endmacro %}
