{#- Part of `stedi erase` and `stedi rotate-key`: the ledgers without the rows of whoever is on the erasure list, made anew so that no older
    state of them stays. A copy stands beside each meanwhile; if this dies, the next run goes on from it. With `renamed_since` (UTC) they have
    other pseudonyms in the place of those that lie beside the list as `renamed`; and a removal that was booked since then of
    somebody who is in customer_trusted under the new one was none. `documents_alone`: the ledgers that say when documents landed. -#}
{% macro erase_from_ledgers(renamed_since=none, documents_alone=false) %}
    {% if execute %}
        {% for ledger in graph.sources.values() if ledger.config.meta.format == "ledger" and pseudonyms_of_ledger(ledger)
            and ("document_id" in ledger.columns or not documents_alone) %}
            {% set relation = zone_relation("audit", ledger.identifier) %}
            {% set copy = zone_relation("audit", ledger.identifier ~ "__kept") %}
            {% set kept = kept_in_ledger(ledger) %}
            {% if load_relation(relation) is not none %}
                {% set from = relation if renamed_since is none else renamed_ledger(relation, ledger.columns.keys(), renamed_since) %}
                {% do make_table(copy, "select * from " ~ from ~ " where " ~ kept) %}
            {% endif %}
            {% do make_table(relation, "select * from " ~ copy ~ " where " ~ kept) %}
            {% do adapter.drop_relation(copy) %}
        {% endfor %}
    {% endif %}
{% endmacro %}

{#- The columns of a ledger that say whose a row is; of those that are `named` several, with a space between. -#}
{% macro pseudonyms_of_ledger(ledger) %}
    {{ return(["participant_id", "device_id", "named_participants", "named_devices"] | select("in", ledger.columns.keys()) | list) }}
{% endmacro %}

{#- A condition on a ledger's rows: nobody of those on the erasure list is in them. -#}
{% macro kept_in_ledger(ledger) -%}
    {%- set conditions = [] -%}
    {%- for column in pseudonyms_of_ledger(ledger) -%}
        {%- set kind = "participant" if "participant" in column else "device" -%}
        {%- set listed = "select listed from " ~ zone_relation("vault", "erasure") ~ " where kind = '" ~ kind ~ "'" -%}
        {%- if column.startswith("named_") -%}
            {%- do conditions.append(
                "not coalesce(arrays_overlap(split(" ~ column ~ ", ' '), (select array_agg(listed) from (" ~ listed ~ ") as erased)), false)"
            ) -%}
        {%- else -%}
            {%- do conditions.append("coalesce(" ~ column ~ " not in (" ~ listed ~ "), true)") -%}
        {%- endif -%}
    {%- endfor -%}
    {{ conditions | join(" and ") }}
{%- endmacro %}

{% macro renamed_ledger(relation, columns, since) -%}
    {%- set renamed = "select listed, until_time from " ~ zone_relation("vault", "erasure") ~ " where kind = 'renamed'" -%}
    (
        select
            {%- for column in columns %}
            {%- if column in ["participant_id", "device_id", "document_id"] %}
            coalesce(element_at(renamed.names, {{ column }}), {{ column }}) as {{ column }}{{ "," if not loop.last }}
            {%- elif column in ["named_participants", "named_devices"] %}
            array_join(array_sort(transform(
                split({{ column }}, ' '), named -> coalesce(element_at(renamed.names, named), named)
            )), ' ') as {{ column }}{{ "," if not loop.last }}
            {%- elif column == "source_file" %}
            regexp_replace(
                {{ column }}, '~([0-9a-f]{32})', named -> '~' || coalesce(element_at(renamed.names, named[1]), named[1])
            ) as {{ column }}{{ "," if not loop.last }}
            {%- else %}
            {{ column }}{{ "," if not loop.last }}
            {%- endif %}
            {%- endfor %}
        from {{ relation }}
        cross join (
            select coalesce(map_agg(listed, until_time), map()) as names from ({{ renamed }}) as renamed
        ) as renamed
        {%- if "removed_at" in columns %}
        where
            element_at(renamed.names, participant_id) is null
            or removed_at < timestamp '{{ since }}'
            or element_at(renamed.names, participant_id) not in (select participant_id from {{ zone_relation("trusted", "customer_trusted") }})
        {%- endif %}
    )
{%- endmacro %}
