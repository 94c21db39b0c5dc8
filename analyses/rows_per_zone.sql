{#- Every model, the ledgers, and landing's lines, so that a new entity is counted without an edit here. -#}
{%- set zones = ["landing", "staging", "trusted", "curated", "audit"] -%}
{%- set nodes = [] -%}
{%- for node in graph.nodes.values() if node.resource_type == "model" -%}
    {%- do nodes.append(node) -%}
{%- endfor -%}
{%- for source in graph.sources.values() -%}
    {%- do nodes.append(source) if source.config.meta.format in ["lines", "ledger"] -%}
{%- endfor -%}

with

counted as (

    {%- for node in nodes | sort(attribute="name") %}
    {%- for zone in zones if node.schema == zone_schema(target.schema, zone) %}
    select
        {{ zones.index(zone) }} as zone_position,
        '{{ zone }}' as zone,
        '{{ node.name }}' as relation,
        count(*) as row_count
    from {{ node.relation_name }}
    {%- endfor %}
    {{- "\n    union all" if not loop.last }}
    {%- endfor %}

)

select
    zone,
    relation,
    row_count
from counted
order by zone_position, relation
