{{ config(part_by=["participant_id"], follows_clock=true) }}

with

stg_customer as (

    select
        participant_id,
        device_id,
        customer_name,
        email,
        phone,
        birth_day,
        serial_number,
        registration_date,
        last_update_date,
        share_with_research_as_of_date,
        share_with_public_as_of_date,
        share_with_friends_as_of_date,
        loaded_at,
        {{ has_consent("share_with_research_as_of_date") }} as has_consent
    from {{ ref("stg_customer") }}
    where rejection_reason is null

),

ranked as (

    select
        *,
        row_number() over (
            partition by participant_id
            order by {{ deciding_record_first() }}
        ) as rank_of_record
    from stg_customer

),

consented as (

    select
        participant_id,
        device_id,
        customer_name,
        email,
        phone,
        birth_day,
        serial_number,
        registration_date,
        last_update_date,
        share_with_research_as_of_date,
        share_with_public_as_of_date,
        share_with_friends_as_of_date,
        loaded_at
    from ranked
    where
        rank_of_record = 1
        and has_consent

)

select * from consented
