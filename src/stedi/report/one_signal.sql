{#- No analysis, because it shows somebody's data: three minutes of one participant, chosen by their pseudonym alone. -#}
with

machine_learning_curated as (

    select
        participant_id,
        sensor_reading_time,
        distance_from_object,
        x,
        y,
        z
    from {{ ref("machine_learning_curated") }}

),

participants as (

    select
        participant_id,
        count(*) as row_count
    from machine_learning_curated
    group by participant_id

),

-- one with an ordinary number of readings or more, so that there is something to see
chosen as (

    select min(participant_id) as participant_id
    from participants
    where
        row_count >= (
            select avg(cast(row_count as double)) as mean_row_count
            from participants
        )

),

readings as (

    select
        machine_learning_curated.participant_id,
        machine_learning_curated.sensor_reading_time,
        machine_learning_curated.distance_from_object,
        machine_learning_curated.x,
        machine_learning_curated.y,
        machine_learning_curated.z
    from machine_learning_curated
    inner join chosen
        on machine_learning_curated.participant_id = chosen.participant_id

),

minutes as (

    select
        date_trunc('minute', sensor_reading_time) as minute,
        count(*) as row_count
    from readings
    group by date_trunc('minute', sensor_reading_time)

),

fullest as (

    select
        minute,
        row_number() over (
            order by row_count desc, minute
        ) as rank_of_minute
    from minutes

),

-- several accelerations may share the time of a step reading
signal as (

    select
        readings.participant_id,
        date_diff('millisecond', fullest.minute, readings.sensor_reading_time) as ms,
        avg(cast(readings.distance_from_object as double)) as distance,
        avg(readings.x) as x,
        avg(readings.y) as y,
        avg(readings.z) as z,
        count(*) as row_count
    from readings
    inner join fullest
        on
            fullest.rank_of_minute = 1
            and readings.sensor_reading_time >= fullest.minute
            and date_diff('minute', fullest.minute, readings.sensor_reading_time) < 3
    group by
        readings.participant_id,
        date_diff('millisecond', fullest.minute, readings.sensor_reading_time)

)

select * from signal
order by ms
limit 600
