with

accelerometer_trusted as (

    select participant_id
    from {{ ref("accelerometer_trusted") }}

),

step_trainer_trusted as (

    select participant_id
    from {{ ref("step_trainer_trusted") }}

),

machine_learning_curated as (

    select
        participant_id,
        distance_from_object,
        x,
        y,
        z
    from {{ ref("machine_learning_curated") }}

),

measured as (

    select
        'distance_from_object' as measure,
        participant_id,
        cast(distance_from_object as double) as reading
    from machine_learning_curated
    union all
    select
        'x' as measure,
        participant_id,
        x as reading
    from machine_learning_curated
    union all
    select
        'y' as measure,
        participant_id,
        y as reading
    from machine_learning_curated
    union all
    select
        'z' as measure,
        participant_id,
        z as reading
    from machine_learning_curated
    union all
    select
        'accelerometer_readings' as measure,
        participant_id,
        cast(count(*) as double) as reading
    from accelerometer_trusted
    group by participant_id
    union all
    select
        'step_trainer_readings' as measure,
        participant_id,
        cast(count(*) as double) as reading
    from step_trainer_trusted
    group by participant_id

),

-- sensors give few different numbers, and sorting these is cheaper than sorting rows
counted as (

    select
        measure,
        reading,
        count(*) as reading_count
    from measured
    group by measure, reading

),

ranked as (

    select
        measure,
        reading,
        reading_count,
        sum(reading_count) over (
            partition by measure
            order by reading
        ) as rank_of_last,
        sum(reading_count) over (partition by measure) as total
    from counted

),

-- What lies beyond the outermost hundredths is counted at the ends: one outlier would
-- leave all the rest in one bin.
ends as (

    select
        measure,
        min(case when rank_of_last > 0.01 * total then reading end) as low,
        max(
            case when rank_of_last - reading_count < 0.99 * total then reading end
        ) as high
    from ranked
    group by measure

),

-- apart, because the difference of two numbers may be too great for one
spread as (

    select
        measure,
        low,
        high,
        nullif(high / 25 - low / 25, 0) as least_width
    from ends

),

powers as (

    select
        measure,
        low,
        high,
        least_width,
        nullif(power(10, floor(log10(least_width))), 0) as power_of_ten
    from spread

),

-- round numbers: 1, 2, 5 or 10 times a power of ten; whole ones for whole numbers
widths as (

    select
        measure,
        low,
        high,
        greatest(
            coalesce(
                power_of_ten * case
                    when least_width <= power_of_ten then 1
                    when least_width <= 2 * power_of_ten then 2
                    when least_width <= 5 * power_of_ten then 5
                    else 10
                end, 1
            ),
            case when measure in ('x', 'y', 'z') then 0 else 1 end
        ) as width
    from powers

),

binned as (

    select
        measured.measure,
        measured.participant_id,
        widths.width,
        floor(
            round(
                least(greatest(measured.reading, widths.low), widths.high)
                / widths.width, 6
            )
        ) as bin
    from measured
    inner join widths
        on measured.measure = widths.measure

),

bins as (

    select
        measure,
        round(bin * width, 6) as bin_from,
        round((bin + 1) * width, 6) as bin_to,
        count(*) as reading_count,
        count(distinct participant_id) as people
    from binned
    group by measure, width, bin
    having count(distinct participant_id) >= {{ var("k_anonymity") }}

)

select * from bins
order by measure, bin_from
