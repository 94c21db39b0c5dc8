{{ config(meta={"parts": {"by": ["entity", "outcome"]}}) }}
{%- set sensors = participant_sensors() %}

with

stg_customer as (

    select
        participant_id,
        device_id,
        customer_name,
        email,
        phone,
        birth_day,
        serial_number,
        registration_date,
        last_update_date,
        share_with_research_as_of_date,
        share_with_public_as_of_date,
        share_with_friends_as_of_date,
        loaded_at,
        rejection_reason,
        {{ has_consent("share_with_research_as_of_date") }} as has_consent,
        last_update_date > {{ build_clock() }} as is_future
    from {{ ref("stg_customer") }}

),

{% for sensor in sensors -%}
stg_{{ sensor }} as (

    select
        rejection_reason,
        row_count
    from {{ lines_of("stg_" ~ sensor) }}

),

{% endfor -%}
stg_step_trainer as (

    select
        rejection_reason,
        row_count
    from {{ lines_of("stg_step_trainer") }}

),

stg_device as (

    select
        device_id,
        participant_id
    from {{ ref("stg_device") }}

),

int_consent as (

    select
        participant_id,
        state,
        consented_since
    from {{ ref("int_consent") }}

),

participants_with_accelerometer as (

    select participant_id
    from {{ totals_of("accelerometer_trusted", "participant_id") }}

),

rejected as (

    select
        'customer' as entity,
        rejection_reason as outcome,
        row_count
    from {{ lines_of("stg_customer") }}
    where rejection_reason is not null
    {% for sensor in sensors -%}
    union all
    select
        '{{ sensor }}' as entity,
        rejection_reason as outcome,
        row_count
    from stg_{{ sensor }}
    where rejection_reason is not null
    {% endfor -%}
    union all
    select
        'step_trainer' as entity,
        rejection_reason as outcome,
        row_count
    from stg_step_trainer
    where rejection_reason is not null

),

rejected_lines as (

    select
        entity,
        outcome,
        sum(row_count) as row_count
    from rejected
    group by entity, outcome

),

customer_records as (

    select
        *,
        row_number() over (
            partition by
                participant_id, device_id, customer_name, email, phone, birth_day,
                serial_number, registration_date, last_update_date,
                share_with_research_as_of_date, share_with_public_as_of_date,
                share_with_friends_as_of_date
            order by loaded_at
        ) as rank_of_repeat,
        -- equal records of one landing share a rank: one of them is the first repeat
        rank() over (
            partition by participant_id
            order by
                is_future,
                {{ deciding_record_first() }}
        ) as rank_of_record
    from stg_customer
    where rejection_reason is null

),

customer_outcomes as (

    select
        case
            when customer_records.rank_of_repeat > 1 then 'repeat'
            when customer_records.is_future and customer_records.has_consent
                then 'future_dated'
            when customer_records.is_future then 'no_consent'
            when customer_records.rank_of_record > 1 then 'superseded'
            when int_consent.state = 'consents' then 'trusted'
            else int_consent.state
        end as outcome
    from customer_records
    left join int_consent
        on customer_records.participant_id = int_consent.participant_id

),

customer_lines as (

    select
        outcome,
        count(*) as row_count
    from customer_outcomes
    group by outcome

),

{% for sensor in sensors -%}
{{ sensor }}_readings as (

    select
        participant_id,
        reading_time,
        row_count,
        line_count
    from {{ readings_by_time(
        "stg_" ~ sensor ~ "_reading", "participant_id", "reading_time"
    ) }}

),

{{ sensor }}_outcomes as (

    select
        case
            when int_consent.participant_id is null then 'unknown_customer'
            when int_consent.state <> 'consents' then int_consent.state
            when
                not {{ is_within_consent(
                    sensor ~ "_readings.reading_time",
                    "int_consent.consented_since",
                ) }}
                then 'before_consent'
            else 'trusted'
        end as outcome,
        {{ sensor }}_readings.row_count,
        {{ sensor }}_readings.line_count
        - {{ sensor }}_readings.row_count as repeat_count
    from {{ sensor }}_readings
    left join int_consent
        on {{ sensor }}_readings.participant_id = int_consent.participant_id

),

{{ sensor }}_lines as (

    select
        {{ sensor }}_outcomes.outcome,
        counted.is_repeat,
        sum({{ sensor }}_outcomes.row_count) as row_count,
        sum({{ sensor }}_outcomes.repeat_count) as repeat_count
    from {{ sensor }}_outcomes
    cross join (values (true), (false)) as counted (is_repeat)
    group by {{ sensor }}_outcomes.outcome, counted.is_repeat

),

{% endfor -%}
step_trainer_readings as (

    select
        device_id,
        sensor_reading_time,
        row_count,
        line_count
    from {{ readings_by_time(
        "stg_step_trainer_reading", "device_id", "sensor_reading_time"
    ) }}

),

step_trainer_outcomes as (

    select
        case
            when stg_device.device_id is null then 'unknown_device'
            when stg_device.participant_id is null then 'ambiguous_device'
            when int_consent.state <> 'consents' then int_consent.state
            when
                not {{ is_within_consent(
                    "step_trainer_readings.sensor_reading_time",
                    "int_consent.consented_since",
                ) }}
                then 'before_consent'
            when participants_with_accelerometer.participant_id is null
                then 'no_accelerometer_data'
            else 'trusted'
        end as outcome,
        step_trainer_readings.row_count,
        step_trainer_readings.line_count
        - step_trainer_readings.row_count as repeat_count
    from step_trainer_readings
    left join stg_device
        on step_trainer_readings.device_id = stg_device.device_id
    left join int_consent
        on stg_device.participant_id = int_consent.participant_id
    left join participants_with_accelerometer
        on stg_device.participant_id = participants_with_accelerometer.participant_id

),

step_trainer_lines as (

    select
        step_trainer_outcomes.outcome,
        counted.is_repeat,
        sum(step_trainer_outcomes.row_count) as row_count,
        sum(step_trainer_outcomes.repeat_count) as repeat_count
    from step_trainer_outcomes
    cross join (values (true), (false)) as counted (is_repeat)
    group by step_trainer_outcomes.outcome, counted.is_repeat

),

all_lines as (

    select
        entity,
        outcome,
        row_count
    from rejected_lines
    union all
    select
        'customer' as entity,
        outcome,
        row_count
    from customer_lines
    {% for sensor in sensors -%}
    union all
    select
        '{{ sensor }}' as entity,
        case when is_repeat then 'repeat' else outcome end as outcome,
        case when is_repeat then repeat_count else row_count end as row_count
    from {{ sensor }}_lines
    {% endfor -%}
    union all
    select
        'step_trainer' as entity,
        case when is_repeat then 'repeat' else outcome end as outcome,
        case when is_repeat then repeat_count else row_count end as row_count
    from step_trainer_lines

),

counted as (

    select
        cast(entity as varchar) as entity,
        cast(outcome as varchar) as outcome,
        cast(sum(row_count) as bigint) as row_count
    from all_lines
    group by entity, outcome
    having sum(row_count) > 0

)

select * from counted
