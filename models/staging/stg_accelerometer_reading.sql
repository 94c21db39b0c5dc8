{{ config(
    meta={"parts": {
        "by": ["participant_id"],
        "time": "reading_time",
        "fingerprint": ["reading_time", "loaded_at"],
        "lines_of": "stg_accelerometer",
    }},
) }}

with

stg_accelerometer as (

    select
        participant_id,
        reading_time,
        x,
        y,
        z,
        loaded_at
    from {{ ref("stg_accelerometer") }}
    where rejection_reason is null

),

without_repeats as (

    select
        participant_id,
        reading_time,
        x,
        y,
        z,
        min(loaded_at) as loaded_at,
        count(*) as line_count
    from stg_accelerometer
    group by participant_id, reading_time, x, y, z

)

select * from without_repeats
