{{ config(
    meta={"parts": {
        "by": ["device_id"],
        "time": "sensor_reading_time",
        "fingerprint": ["sensor_reading_time", "loaded_at"],
        "lines_of": "stg_step_trainer",
    }},
) }}

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

without_repeats as (

    select
        device_id,
        sensor_reading_time,
        distance_from_object,
        min(loaded_at) as loaded_at,
        count(*) as line_count
    from stg_step_trainer
    group by device_id, sensor_reading_time, distance_from_object

)

select * from without_repeats
