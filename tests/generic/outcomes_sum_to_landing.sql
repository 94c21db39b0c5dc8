{#- The outcomes of each entity sum to its lines in staging, of which staging_has_every_landing_line holds that they are landing's:
    nothing is lost, nothing counted twice. Of every entity that lands, as the manifest has them, and of no other. -#}
{% test outcomes_sum_to_landing(model) %}

with

accounted as (

    select
        entity,
        sum(row_count) as row_count
    from {{ model }}
    group by entity

),

landed as (

    {%- if execute %}
    {%- for staging in landed_models() %}
    {{ "union all" if not loop.first }}
    select
        '{{ entity_of(landing_source_of(staging)) }}' as entity,
        count(*) as row_count
    from {{ zone_relation("staging", staging.name) }}
    {%- endfor %}
    {%- endif %}

)

select
    coalesce(accounted.entity, landed.entity) as entity,
    accounted.row_count as accounted_lines,
    landed.row_count as landed_lines
from accounted
full outer join landed
    on accounted.entity = landed.entity
where
    landed.entity is null
    or coalesce(accounted.row_count, 0) <> landed.row_count

{% endtest %}
