{{ config(meta={"parts": {"by": ["device_id"]}}) }}

with

stg_customer as (

    select
        device_id,
        participant_id,
        named_devices,
        named_participants,
        rejection_reason
    from {{ ref("stg_customer") }}

),

owners as (

    select
        device_id,
        min(participant_id) as first_participant_id,
        max(participant_id) as last_participant_id
    from stg_customer
    where rejection_reason is null
    group by device_id

),

-- a rejected document that names nobody, or several, speaks of somebody else
rejected_documents as (

    select
        named_devices,
        case
            when named_participants is null then 'nobody'
            when strpos(named_participants, ' ') > 0 then 'several'
            else named_participants
        end as named
    from stg_customer
    where named_devices is not null

),

rejected_devices as (

    {{ each_name(
        "rejected_documents", ["named"], "named_devices", "device_id"
    ) }}

),

rejected as (

    select
        device_id,
        min(named) as first_named,
        max(named) as last_named
    from rejected_devices
    group by device_id

),

-- somebody who was erased had it too
shared as (

    select listed as device_id
    from {{ erasure("device") }} as erasure
    union
    select listed as device_id
    from {{ erasure("shared_device") }} as erasure

),

attributed as (

    select
        owners.device_id,
        case
            when
                owners.first_participant_id = owners.last_participant_id
                and coalesce(rejected.first_named, owners.first_participant_id)
                = owners.first_participant_id
                and coalesce(rejected.last_named, owners.first_participant_id)
                = owners.first_participant_id
                and shared.device_id is null
                then owners.first_participant_id
        end as participant_id
    from owners
    left join rejected
        on owners.device_id = rejected.device_id
    left join shared
        on owners.device_id = shared.device_id

)

select * from attributed
