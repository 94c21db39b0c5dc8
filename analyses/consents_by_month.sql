with

customer_trusted as (

    select
        participant_id,
        substr(cast(share_with_research_as_of_date as varchar), 1, 7) as consent_month
    from {{ ref("customer_trusted") }}

),

consents as (

    select
        consent_month,
        count(*) as people
    from customer_trusted
    group by consent_month

),

running as (

    select
        consent_month,
        people,
        cast(
            sum(people) over (
                order by consent_month
            ) as bigint
        ) as people_so_far
    from consents

)

select * from running
order by consent_month
