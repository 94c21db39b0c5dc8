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

customer_trusted as (

    select
        participant_id,
        share_with_research_as_of_date
    from {{ ref("customer_trusted") }}

),

consented as (

    select
        stg_accelerometer.participant_id,
        stg_accelerometer.reading_time,
        stg_accelerometer.x,
        stg_accelerometer.y,
        stg_accelerometer.z,
        stg_accelerometer.loaded_at
    from stg_accelerometer
    inner join customer_trusted
        on stg_accelerometer.participant_id = customer_trusted.participant_id
    where
        {{ is_within_consent(
            "stg_accelerometer.reading_time",
            "customer_trusted.share_with_research_as_of_date",
        ) }}

),

without_repeats as (

    select
        participant_id,
        reading_time,
        x,
        y,
        z,
        min(loaded_at) as loaded_at
    from consented
    group by participant_id, reading_time, x, y, z

)

select * from without_repeats
