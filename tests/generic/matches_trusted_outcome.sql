{#- A trusted table has as many rows as lines of its entity had the outcome `trusted`. -#}
{% test matches_trusted_outcome(model, outcomes, entity) %}

with

trusted as (

    select count(*) as row_count
    from {{ model }}

),

accounted as (

    select coalesce(sum(row_count), 0) as row_count
    from {{ outcomes }}
    where
        entity = '{{ entity }}'
        and outcome = 'trusted'

)

select
    trusted.row_count as trusted_rows,
    accounted.row_count as trusted_outcomes
from trusted
cross join accounted
where trusted.row_count <> accounted.row_count

{% endtest %}
