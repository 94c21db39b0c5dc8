{#- Nobody on the erasure list has a row in any relation: models, summaries and ledgers, as they stand in the manifest. A device that somebody
    else names since is theirs to name, so in what customers say only people are looked for. Built last, so that everything is there. -#}
{% test nobody_erased(model) %}

{%- set by_customers = ["stg_customer", "stg_device", "customer_trusted"] -%}
{%- set searched = [] -%}
{%- if execute -%}
    {%- for node in graph.nodes.values() if node.resource_type == "model" and node.package_name == "stedi" -%}
        {%- set relation = zone_relation(node.fqn[1], node.name) -%}
        {%- for column in ["participant_id", "device_id"] if not (column == "device_id" and node.name in by_customers) -%}
            {%- do searched.append((relation, column)) if column in node.columns -%}
            {%- do searched.append((summary_of(node.name), column)) if has_summary(node) and column in part_spec(node)["by"] -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for ledger in graph.sources.values() if ledger.config.meta.format == "ledger" and "participant_id" in ledger.columns -%}
        {%- do searched.append((zone_relation("audit", ledger.identifier), "participant_id")) -%}
    {%- endfor -%}
{%- endif %}

with

erased as (

    select
        case kind when 'participant' then 'participant_id' else 'device_id' end as named_in,
        listed
    from {{ source("vault", "erasure") }}
    where kind in ('participant', 'device')

),

named as (

    {{ each_name(ref("stg_customer"), [], "named_participants", "participant_id") }}

),

found as (

    select
        'named in stg_customer' as relation,
        count(*) as row_count
    from named
    where participant_id in (select listed from erased where named_in = 'participant_id')
    {%- for relation, column in searched %}
    union all
    select
        '{{ relation.schema }}.{{ relation.identifier }}' as relation,
        count(*) as row_count
    from {{ relation }}
    where {{ column }} in (select listed from erased where named_in = '{{ column }}')
    {%- endfor %}

)

select
    relation,
    row_count
from found
where row_count > 0
-- depends_on: {{ model }}

{% endtest %}
