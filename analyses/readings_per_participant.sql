with

accelerometer_trusted as (

    select participant_id
    from {{ ref("accelerometer_trusted") }}

),

step_trainer_trusted as (

    select participant_id
    from {{ ref("step_trainer_trusted") }}

),

readings as (

    select
        'accelerometer' as sensor,
        participant_id,
        count(*) as reading_count
    from accelerometer_trusted
    group by participant_id
    union all
    select
        'step_trainer' as sensor,
        participant_id,
        count(*) as reading_count
    from step_trainer_trusted
    group by participant_id

),

ranked as (

    select
        sensor,
        reading_count,
        ntile(10) over (
            partition by sensor
            order by reading_count
        ) as tenth
    from readings

),

tenths as (

    select
        sensor,
        tenth,
        count(*) as people,
        min(reading_count) as fewest_readings,
        round(avg(cast(reading_count as double)), 1) as mean_readings,
        max(reading_count) as most_readings
    from ranked
    group by sensor, tenth

)

select * from tenths
order by sensor, tenth
