{#- Every model, every ledger and landing's lines: a new entity needs no edit here. -#}
{%- set zones = ["landing", "staging", "trusted", "curated", "audit"] -%}
{%- set models = graph.nodes.values()
    | selectattr("resource_type", "equalto", "model") | list -%}
{%- set sources = graph.sources.values()
    | selectattr("config.meta.format", "in", ["lines", "ledger", "listing"]) | list -%}

with

counted as (

    {%- for node in (models + sources) | sort(attribute="name") %}
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
