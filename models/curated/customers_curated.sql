{{ config(meta={"parts": {"by": ["participant_id"]}}) }}

{%- set k = var("k_anonymity") -%}

with

customer_trusted as (

    select
        participant_id,
        registration_date,
        share_with_research_as_of_date as consent_date,
        {{ age_in_years("birth_day", "registration_date") }} as age
    from {{ ref("customer_trusted") }}

),

participants_with_accelerometer as (

    select participant_id
    from {{ totals_of("accelerometer_trusted", "participant_id") }}

),

measured as (

    select
        customer_trusted.participant_id,
        customer_trusted.age,
        customer_trusted.registration_date,
        customer_trusted.consent_date
    from customer_trusted
    inner join participants_with_accelerometer
        on
            customer_trusted.participant_id
            = participants_with_accelerometer.participant_id

),

-- Each level counts those whom the finer ones leave over. One query over another, and
-- never two over one: Trino works a CTE out again for each query that reads it.
counted_at_level_0 as (

    select
        *,
        count(*) over (
            partition by
                {{ age_band("age", 0) }},
                {{ month_band("registration_date", 0) }},
                {{ month_band("consent_date", 0) }}
        ) as people_0
    from measured

),

counted_at_level_1 as (

    select
        *,
        sum(case when people_0 < {{ k }} then 1 else 0 end) over (
            partition by
                {{ age_band("age", 1) }},
                {{ month_band("registration_date", 1) }},
                {{ month_band("consent_date", 1) }}
        ) as people_1
    from counted_at_level_0

),

counted_at_level_2 as (

    select
        *,
        sum(
            case when people_0 < {{ k }} and people_1 < {{ k }} then 1 else 0 end
        ) over (
            partition by
                {{ age_band("age", 2) }},
                {{ month_band("registration_date", 2) }},
                {{ month_band("consent_date", 2) }}
        ) as people_2
    from counted_at_level_1

),

levelled as (

    select
        *,
        case
            when people_0 >= {{ k }} then 0
            when people_1 >= {{ k }} then 1
            when people_2 >= {{ k }} then 2
            else 3
        end as level
    from counted_at_level_2

),

generalised as (

    select
        participant_id,
        level,
        case level
            {%- for level in range(4) %}
            when {{ level }} then {{ age_band("age", level) }}
            {%- endfor %}
        end as age_band,
        case level
            {%- for level in range(4) %}
            when {{ level }} then {{ month_band("registration_date", level) }}
            {%- endfor %}
        end as registration_month,
        case level
            {%- for level in range(4) %}
            when {{ level }} then {{ month_band("consent_date", level) }}
            {%- endfor %}
        end as consent_month
    from levelled

),

grouped as (

    select
        *,
        count(*) over (
            partition by level, age_band, registration_month, consent_month
        ) as people,
        row_number() over (
            partition by level, age_band, registration_month, consent_month
            order by participant_id
        ) as rank_in_group,
        sum(case when level = 3 then 1 else 0 end) over () as people_at_coarsest
    from generalised

),

-- the coarsest group may be too small to hide in; it then takes in whole groups,
-- the smallest first
running as (

    select
        *,
        sum(case when rank_in_group = 1 then people else 0 end) over (
            order by
                case when level = 3 then 0 else 1 end,
                people, level, age_band, registration_month, consent_month
        ) - people as people_before
    from grouped

),

hidden as (

    select
        *,
        people_at_coarsest > 0 and people_before < {{ k }} as is_taken_in
    from running

),

described as (

    select
        participant_id,
        case when is_taken_in then 'all' else age_band end as age_band,
        case
            when is_taken_in then 'all' else registration_month
        end as registration_month,
        case when is_taken_in then 'all' else consent_month end as consent_month
    from hidden

)

select * from described
