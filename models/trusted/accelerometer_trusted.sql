{{ config(
    meta={"parts": {
        "by": ["participant_id"],
        "time": "reading_time",
        "fingerprint": ["reading_time", "loaded_at"],
        "admitted": {"from": "stg_accelerometer_reading", "by": "customer_trusted", "key": "participant_id"},
    }},
) }}

with

stg_accelerometer_reading as (

    select
        participant_id,
        reading_time,
        x,
        y,
        z,
        loaded_at
    from {{ ref("stg_accelerometer_reading") }}

),

customer_trusted as (

    select
        participant_id,
        consented_since
    from {{ ref("customer_trusted") }}

),

consented as (

    select
        stg_accelerometer_reading.participant_id,
        stg_accelerometer_reading.reading_time,
        stg_accelerometer_reading.x,
        stg_accelerometer_reading.y,
        stg_accelerometer_reading.z,
        stg_accelerometer_reading.loaded_at
    from stg_accelerometer_reading
    inner join customer_trusted
        on stg_accelerometer_reading.participant_id = customer_trusted.participant_id
    where
        {{ is_within_consent(
            "stg_accelerometer_reading.reading_time",
            "customer_trusted.consented_since",
        ) }}

)

select * from consented
