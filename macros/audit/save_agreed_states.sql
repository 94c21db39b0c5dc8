{% macro save_agreed_states() %}
    {% set rows = [] %}
    {% for name, state in relation_states().items() if state.get("is_new") %}
        {% do rows.append("('" ~ name ~ "', '" ~ state["agreed_state"] ~ "')") %}
    {% endfor %}
    {% if rows %}
        {% do run_query(
            "merge into " ~ zone_relation("audit", "relation_state") ~ " as known
            using (values " ~ rows | join(", ") ~ ") as found (relation, agreed_state) on known.relation = found.relation
            when matched then update set agreed_state = found.agreed_state"
        ) %}
    {% endif %}
{% endmacro %}
