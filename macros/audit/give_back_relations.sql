{#- At the end of a build: which relations agree, and that this build has ended. A relation that another build has taken meanwhile stays its.
    Of a model that failed nothing is believed; one that was not asked for stays as it was. -#}
{% macro give_back_relations(failed) %}
    {% set found = build_memory().get("agreed_states", {}) %}
    {% set rows = [] %}
    {% for name, known in relation_states().items() %}
        {% set was = none if name in failed or known["taken_by"] else known["agreed_state"] %}
        {% set state = found.get(name, was) %}
        {% do rows.append("('" ~ name ~ "', " ~ ("'" ~ state ~ "'" if state else "cast(null as varchar)") ~ ")") %}
    {% endfor %}
    {% if rows %}
        {% do run_query(
            "merge into " ~ zone_relation("audit", "relation_state") ~ " as known
            using (values " ~ rows | join(", ") ~ ") as found (relation, agreed_state)
                on known.relation = found.relation and known.taken_by = '" ~ invocation_id ~ "'
            when matched then update set agreed_state = found.agreed_state, taken_by = cast(null as varchar)"
        ) %}
    {% endif %}
{% endmacro %}
