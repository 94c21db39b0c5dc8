{#- Part of `stedi erase`: the ledgers without the rows of whoever is on the erasure list, made anew so that no older state of them stays. A copy
    stands beside each meanwhile; if this dies, the next run goes on from it. -#}
{% macro erase_from_ledgers() %}
    {% if execute %}
        {% for ledger in graph.sources.values() if ledger.config.meta.format == "ledger" and "participant_id" in ledger.columns %}
            {% set relation = zone_relation("audit", ledger.identifier) %}
            {% set copy = zone_relation("audit", ledger.identifier ~ "__kept") %}
            {% set kept = not_erased("participant_id") %}
            {% if load_relation(relation) is not none %}
                {% do make_table(copy, "select * from " ~ relation ~ " where " ~ kept) %}
            {% endif %}
            {% do make_table(relation, "select * from " ~ copy ~ " where " ~ kept) %}
            {% do adapter.drop_relation(copy) %}
        {% endfor %}
    {% endif %}
{% endmacro %}
