{#- The outcomes of an entity sum to its lines in staging, of which staging_has_every_landing_line holds that they are landing's:
    nothing is lost, nothing counted twice. -#}
{% test outcomes_sum_to_landing(model, entity, staging) %}

with

accounted as (

    select coalesce(sum(row_count), 0) as row_count
    from {{ model }}
    where entity = '{{ entity }}'

),

landed as (

    select count(*) as row_count
    from {{ staging }}

)

select
    accounted.row_count as accounted_lines,
    landed.row_count as landed_lines
from accounted
cross join landed
where accounted.row_count <> landed.row_count

{% endtest %}
