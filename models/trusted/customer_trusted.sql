{{ config(meta={"parts": {"by": ["participant_id"]}}) }}

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
    where
        rejection_reason is null
        and last_update_date <= {{ build_clock() }}

),

int_consent as (

    select
        participant_id,
        consented_since
    from {{ ref("int_consent") }}
    where state = 'consents'

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
        ranked.participant_id,
        ranked.device_id,
        ranked.customer_name,
        ranked.email,
        ranked.phone,
        ranked.birth_day,
        ranked.serial_number,
        ranked.registration_date,
        ranked.last_update_date,
        ranked.share_with_research_as_of_date,
        ranked.share_with_public_as_of_date,
        ranked.share_with_friends_as_of_date,
        int_consent.consented_since,
        ranked.loaded_at
    from ranked
    inner join int_consent
        on ranked.participant_id = int_consent.participant_id
    where
        ranked.rank_of_record = 1
        and ranked.has_consent

)

select * from consented
