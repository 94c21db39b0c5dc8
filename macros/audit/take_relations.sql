{#- Before this build changes anything it writes its name on every relation. It takes it off when it ends (give_back_relations). -#}
{% macro take_relations() %}
    {% for node in project_models() %}
        {% do agreed_at_start(node) %}
    {% endfor %}
    {% if relation_states() %}
        {% do run_query("update " ~ zone_relation("audit", "relation_state") ~ " set taken_by = '" ~ invocation_id ~ "' where relation is not null") %}
    {% endif %}
{% endmacro %}
