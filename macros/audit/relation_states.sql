{#- What is known of each relation of this project: the definition it was last built whole under, the state in which it last agreed with what
    it is made from (agreed_at_start), and which build has taken it and not given it back. As it was when this build began. -#}
{% macro relation_states() %}
    {% if "relation_states" not in build_memory() %}
        {% set states = {} %}
        {% for row in run_query("select relation, definition, agreed_state, taken_by, generation from " ~ zone_relation("audit", "relation_state")).rows %}
            {% do states.update({row[0]: {"definition": row[1], "agreed_state": row[2], "taken_by": row[3], "generation": row[4]}}) %}
        {% endfor %}
        {% do build_memory().update({"relation_states": states}) %}
    {% endif %}
    {{ return(build_memory()["relation_states"]) }}
{% endmacro %}
