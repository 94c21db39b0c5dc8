{{ config(
    meta={"parts": {
        "by": ["participant_id"],
        "time": "reading_time",
        "fingerprint": ["reading_time", "loaded_at"],
        "admitted": {"from": "stg_heart_rate_reading", "by": "customer_trusted", "key": "participant_id"},
    }},
) }}

with

stg_heart_rate_reading as (

    select
        participant_id,
        reading_time,
        beats_per_minute,
        loaded_at
    from {{ ref("stg_heart_rate_reading") }}

),

customer_trusted as (

    select
        participant_id,
        consented_since
    from {{ ref("customer_trusted") }}

),

consented as (

    select
        stg_heart_rate_reading.participant_id,
        stg_heart_rate_reading.reading_time,
        stg_heart_rate_reading.beats_per_minute,
        stg_heart_rate_reading.loaded_at
    from stg_heart_rate_reading
    inner join customer_trusted
        on stg_heart_rate_reading.participant_id = customer_trusted.participant_id
    where
        {{ is_within_consent(
            "stg_heart_rate_reading.reading_time",
            "customer_trusted.consented_since",
        ) }}

)

select * from consented
