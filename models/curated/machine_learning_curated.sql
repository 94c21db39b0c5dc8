{{ config(
    meta={"parts": {
        "by": ["participant_id"],
        "time": "sensor_reading_time",
        "fingerprint": ["sensor_reading_time", "distance_from_object"],
        "pairs_of": ["step_trainer_trusted", "accelerometer_trusted"],
    }},
    full_refresh=(true if var("ml_join") == "timestamp_only" else none),
) }}

with

step_trainer_trusted as (

    select
        participant_id,
        sensor_reading_time,
        distance_from_object
    from {{ ref("step_trainer_trusted") }}

),

accelerometer_trusted as (

    select
        participant_id,
        reading_time,
        x,
        y,
        z
    from {{ ref("accelerometer_trusted") }}

),

paired as (

    select
        step_trainer_trusted.participant_id,
        step_trainer_trusted.sensor_reading_time,
        step_trainer_trusted.distance_from_object,
        accelerometer_trusted.x,
        accelerometer_trusted.y,
        accelerometer_trusted.z,
        {{ dataset_split("step_trainer_trusted.participant_id") }} as dataset_split
    from step_trainer_trusted
    inner join accelerometer_trusted
        on
            step_trainer_trusted.sensor_reading_time
            = accelerometer_trusted.reading_time
            {%- if var("ml_join") == "same_participant" %}
            and step_trainer_trusted.participant_id
            = accelerometer_trusted.participant_id
            {%- endif %}

)

select * from paired
