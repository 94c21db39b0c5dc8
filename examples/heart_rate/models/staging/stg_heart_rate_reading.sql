{{ config(
    meta={"parts": {
        "by": ["participant_id"],
        "time": "reading_time",
        "fingerprint": ["reading_time", "loaded_at"],
        "lines_of": "stg_heart_rate",
    }},
) }}

with

stg_heart_rate as (

    select
        participant_id,
        reading_time,
        beats_per_minute,
        loaded_at
    from {{ ref("stg_heart_rate") }}
    where rejection_reason is null

),

without_repeats as (

    select
        participant_id,
        reading_time,
        beats_per_minute,
        min(loaded_at) as loaded_at,
        count(*) as line_count
    from stg_heart_rate
    group by participant_id, reading_time, beats_per_minute

)

select * from without_repeats
