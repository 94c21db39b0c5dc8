with

stg_device as (

    select
        device_id,
        participant_id
    from {{ ref("stg_device") }}

),

stg_step_trainer_reading as (

    select device_id
    from {{ ref("stg_step_trainer_reading") }}

),

measured as (

    select
        device_id,
        count(*) as reading_count
    from stg_step_trainer_reading
    group by device_id

),

devices as (

    select
        case
            when stg_device.device_id is null then 'nobody'
            when stg_device.participant_id is null then 'several participants'
            else 'one participant'
        end as owner,
        coalesce(measured.reading_count, 0) as reading_count
    from stg_device
    full outer join measured
        on stg_device.device_id = measured.device_id

),

owners as (

    select
        owner,
        count(*) as device_count,
        count(case when reading_count = 0 then 1 end) as silent_device_count,
        cast(sum(reading_count) as bigint) as reading_count
    from devices
    group by owner

)

select * from owners
order by owner
