{#- What is known of each relation of this project: the definition it was last built whole under, and the state in which it was
    last found to agree with its inputs. -#}
{% macro relation_states() %}
    {% if "relation_states" not in build_memory() %}
        {% set states = {} %}
        {% for row in run_query("select relation, definition, agreed_state from " ~ zone_relation("audit", "relation_state")).rows %}
            {% do states.update({row[0]: {"definition": row[1], "agreed_state": row[2]}}) %}
        {% endfor %}
        {% do build_memory().update({"relation_states": states}) %}
    {% endif %}
    {{ return(build_memory()["relation_states"]) }}
{% endmacro %}
