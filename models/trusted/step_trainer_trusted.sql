{{ config(
    meta={"parts": {
        "by": ["participant_id", "device_id"],
        "time": "sensor_reading_time",
        "fingerprint": ["sensor_reading_time", "loaded_at"],
        "admitted": {"from": "stg_step_trainer_reading", "by": "device_trusted", "key": "device_id"},
    }},
) }}

with

stg_step_trainer_reading as (

    select
        device_id,
        sensor_reading_time,
        distance_from_object,
        loaded_at
    from {{ ref("stg_step_trainer_reading") }}

),

device_trusted as (

    select
        device_id,
        participant_id,
        consented_since
    from {{ ref("device_trusted") }}

),

consented as (

    select
        device_trusted.participant_id,
        stg_step_trainer_reading.device_id,
        stg_step_trainer_reading.sensor_reading_time,
        stg_step_trainer_reading.distance_from_object,
        stg_step_trainer_reading.loaded_at
    from stg_step_trainer_reading
    inner join device_trusted
        on stg_step_trainer_reading.device_id = device_trusted.device_id
    where
        {{ is_within_consent(
            "stg_step_trainer_reading.sensor_reading_time",
            "device_trusted.consented_since",
        ) }}

)

select * from consented
