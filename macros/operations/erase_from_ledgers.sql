{#- Part of `stedi erase` and `stedi rotate-key`: the ledgers without the rows of whoever is on the erasure list, made anew so that no older
    state of them stays. A copy stands beside each meanwhile; if this dies, the next run goes on from it. With `renamed_since` (UTC) they have
    other pseudonyms in the place of those that lie beside the list as `renamed`; and a removal that was booked since then of
    somebody who is in customer_trusted under the new one was none. -#}
{% macro erase_from_ledgers(renamed_since=none) %}
    {% if execute %}
        {% for ledger in graph.sources.values() if ledger.config.meta.format == "ledger" and "participant_id" in ledger.columns %}
            {% set relation = zone_relation("audit", ledger.identifier) %}
            {% set copy = zone_relation("audit", ledger.identifier ~ "__kept") %}
            {% set kept = not_erased("participant_id") %}
            {% if load_relation(relation) is not none %}
                {% set from = relation if renamed_since is none else renamed_ledger(relation, ledger.columns.keys(), renamed_since) %}
                {% do make_table(copy, "select * from " ~ from ~ " where " ~ kept) %}
            {% endif %}
            {% do make_table(relation, "select * from " ~ copy ~ " where " ~ kept) %}
            {% do adapter.drop_relation(copy) %}
        {% endfor %}
    {% endif %}
{% endmacro %}

{% macro renamed_ledger(relation, columns, since) -%}
    (
        select
            {%- for column in columns %}
            {{ "coalesce(until_time, participant_id) as participant_id" if column == "participant_id" else column }}{{ "," if not loop.last }}
            {%- endfor %}
        from {{ relation }}
        left join (
            select listed, until_time from {{ zone_relation("vault", "erasure") }} where kind = 'renamed'
        ) as renamed
            on participant_id = listed
        where
            until_time is null
            or removed_at < timestamp '{{ since }}'
            or until_time not in (select participant_id from {{ zone_relation("trusted", "customer_trusted") }})
    )
{%- endmacro %}
