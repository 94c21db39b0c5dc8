{%- set levels = [0, 1, 2, 3] -%}

with

customer_trusted as (

    select
        participant_id,
        cast(share_with_research_as_of_date as date) as consent_date,
        registration_date,
        {{ age_in_years("birth_day", "registration_date") }} as age
    from {{ ref("customer_trusted") }}

),

accelerometer_readings as (

    select
        participant_id,
        count(*) as reading_count,
        min(reading_time) as first_reading_time,
        max(reading_time) as last_reading_time
    from {{ ref("accelerometer_trusted") }}
    group by participant_id

),

step_trainer_readings as (

    select
        participant_id,
        count(*) as reading_count,
        min(sensor_reading_time) as first_reading_time,
        max(sensor_reading_time) as last_reading_time
    from {{ ref("step_trainer_trusted") }}
    group by participant_id

),

measured as (

    select
        customer_trusted.participant_id,
        customer_trusted.age,
        customer_trusted.registration_date,
        customer_trusted.consent_date,
        accelerometer_readings.reading_count as accelerometer_readings,
        coalesce(step_trainer_readings.reading_count, 0) as step_trainer_readings,
        least(
            accelerometer_readings.first_reading_time,
            coalesce(
                step_trainer_readings.first_reading_time,
                accelerometer_readings.first_reading_time
            )
        ) as first_reading_time,
        greatest(
            accelerometer_readings.last_reading_time,
            coalesce(
                step_trainer_readings.last_reading_time,
                accelerometer_readings.last_reading_time
            )
        ) as last_reading_time
    from customer_trusted
    inner join accelerometer_readings
        on customer_trusted.participant_id = accelerometer_readings.participant_id
    left join step_trainer_readings
        on customer_trusted.participant_id = step_trainer_readings.participant_id

),

left_at_level_0 as (

    select
        participant_id,
        age,
        registration_date
    from measured

),

{% for level in levels %}
grouped_at_level_{{ level }} as (

    select
        participant_id,
        age,
        registration_date,
        {{ level }} as level,
        {{ age_band("age", level) }} as age_band,
        {{ registration_month("registration_date", level) }} as registration_month,
        count(*) over (
            partition by
                {{ age_band("age", level) }},
                {{ registration_month("registration_date", level) }}
        ) as people
    from left_at_level_{{ level }}

),

{% if not loop.last -%}
left_at_level_{{ level + 1 }} as (

    select
        participant_id,
        age,
        registration_date
    from grouped_at_level_{{ level }}
    where people < {{ var("k_anonymity") }}

),

{% endif -%}
{% endfor -%}
kept as (
    {% for level in levels %}
    select
        participant_id,
        level,
        age_band,
        registration_month
    from grouped_at_level_{{ level }}
    {%- if not loop.last %}
    where people >= {{ var("k_anonymity") }}
    union all
    {%- endif %}
    {% endfor %}
),

-- the coarsest group may be too small to hide in; it then takes in whole groups,
-- the smallest first
cells as (

    select
        level,
        age_band,
        registration_month,
        count(*) as people
    from kept
    group by level, age_band, registration_month

),

running as (

    select
        level,
        age_band,
        registration_month,
        sum(people) over (
            order by
                case when level = {{ levels | last }} then 0 else 1 end,
                people, level, age_band, registration_month
            rows between unbounded preceding and 1 preceding
        ) as people_before,
        sum(case when level = {{ levels | last }} then people else 0 end)
            over () as people_at_coarsest
    from cells

),

marked as (

    select
        level,
        age_band,
        registration_month,
        people_at_coarsest > 0
        and coalesce(people_before, 0) < {{ var("k_anonymity") }} as is_taken_in
    from running

),

generalised as (

    select
        kept.participant_id,
        case
            when marked.is_taken_in then 'all'
            else kept.age_band
        end as age_band,
        case
            when marked.is_taken_in then 'all'
            else kept.registration_month
        end as registration_month
    from kept
    inner join marked
        on
            kept.level = marked.level
            and kept.age_band = marked.age_band
            and kept.registration_month = marked.registration_month

),

described as (

    select
        measured.participant_id,
        generalised.age_band,
        generalised.registration_month,
        measured.consent_date,
        measured.accelerometer_readings,
        measured.step_trainer_readings,
        measured.first_reading_time,
        measured.last_reading_time
    from measured
    inner join generalised
        on measured.participant_id = generalised.participant_id

)

select * from described
