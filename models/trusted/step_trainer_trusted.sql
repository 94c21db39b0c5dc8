with

stg_step_trainer as (

    select
        device_id,
        sensor_reading_time,
        distance_from_object,
        loaded_at
    from {{ ref("stg_step_trainer") }}
    where rejection_reason is null

),

stg_device as (

    select
        device_id,
        participant_id
    from {{ ref("stg_device") }}

),

customer_trusted as (

    select
        participant_id,
        share_with_research_as_of_date
    from {{ ref("customer_trusted") }}

),

participants_with_accelerometer as (

    select distinct participant_id
    from {{ ref("accelerometer_trusted") }}

),

consented as (

    select
        customer_trusted.participant_id,
        stg_step_trainer.device_id,
        stg_step_trainer.sensor_reading_time,
        stg_step_trainer.distance_from_object,
        stg_step_trainer.loaded_at
    from stg_step_trainer
    inner join stg_device
        on stg_step_trainer.device_id = stg_device.device_id
    inner join customer_trusted
        on stg_device.participant_id = customer_trusted.participant_id
    inner join participants_with_accelerometer
        on
            customer_trusted.participant_id
            = participants_with_accelerometer.participant_id
    where
        {{ is_within_consent(
            "stg_step_trainer.sensor_reading_time",
            "customer_trusted.share_with_research_as_of_date",
        ) }}

),

without_repeats as (

    select
        participant_id,
        device_id,
        sensor_reading_time,
        distance_from_object,
        min(loaded_at) as loaded_at
    from consented
    group by participant_id, device_id, sensor_reading_time, distance_from_object

)

select * from without_repeats
