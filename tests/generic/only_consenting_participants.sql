{#- Nobody is in the table who does not share with research now. Written apart from customer_trusted, to check it: a person
    consents when among their latest good records there is one, and all of them have a consent date that has come. -#}
{% test only_consenting_participants(model) %}

with

good_records as (

    select
        participant_id,
        last_update_date,
        max(last_update_date) over (partition by participant_id) as latest_update_date,
        case
            when share_with_research_as_of_date is null then 1
            when share_with_research_as_of_date > timestamp '{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") }}' then 1
            else 0
        end as is_without_consent
    from {{ ref("stg_customer") }}
    where rejection_reason is null

),

consenting as (

    select participant_id
    from good_records
    where last_update_date = latest_update_date
    group by participant_id
    having sum(is_without_consent) = 0

)

select
    tested.participant_id,
    count(*) as row_count
from {{ model }} as tested
left join consenting
    on tested.participant_id = consenting.participant_id
where consenting.participant_id is null
group by tested.participant_id

{% endtest %}
