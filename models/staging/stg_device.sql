{{ config(part_by=["device_id"]) }}

with

stg_customer as (

    select
        device_id,
        participant_id
    from {{ ref("stg_customer") }}
    where rejection_reason is null

),

owners as (

    select
        device_id,
        min(participant_id) as first_participant_id,
        max(participant_id) as last_participant_id
    from stg_customer
    group by device_id

),

attributed as (

    select
        device_id,
        case
            when first_participant_id = last_participant_id then first_participant_id
        end as participant_id
    from owners

)

select * from attributed
