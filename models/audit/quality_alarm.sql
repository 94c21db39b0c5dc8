{{ config(meta={"parts": {"by": ["alarm", "subject"]}}) }}

{#- Of less than this a share says nothing. -#}
{%- set fewest_lines = 100 -%}
{%- set fewest_participants = 100 -%}
{%- set fewest_who_lost = 20 -%}
{%- set sensors = participant_sensors() + ["step_trainer"] -%}
{%- set summarised = ["machine_learning_curated"] -%}
{%- for sensor in sensors %}{% do summarised.append(sensor ~ "_trusted") %}{% endfor -%}

with

landed_lines as (

    select
        'customer' as entity,
        source_file,
        loaded_at,
        rejection_reason,
        row_count
    from {{ lines_of("stg_customer") }}
    {%- for sensor in sensors %}
    union all
    select
        '{{ sensor }}' as entity,
        source_file,
        loaded_at,
        rejection_reason,
        row_count
    from {{ lines_of("stg_" ~ sensor) }}
    {%- endfor %}

),

int_consent as (

    select state
    from {{ ref("int_consent") }}

),

removal as (

    select
        relation,
        participant_id,
        row_count
    from {{ source("audit", "removal") }}
    where removed_at = {{ build_clock() }}

),

landing as (

    select
        is_synthetic,
        row_number() over (
            order by noted_at desc
        ) as rank_of_note
    from {{ source("audit", "landing") }}

),

present_rows as (

    {% for relation in ["customer_trusted", "customers_curated"] -%}
    select
        '{{ relation }}' as relation,
        count(*) as row_count
    from {{ ref(relation) }}
    union all
    {% endfor -%}
    {%- for relation in summarised -%}
    select
        '{{ relation }}' as relation,
        coalesce(sum(row_count), 0) as row_count
    from {{ totals_of(relation, "participant_id") }}
    {{- "\n    union all\n    " if not loop.last }}
    {%- endfor %}

),

-- the lines of each file, and of each entity
counted as (

    select
        entity,
        source_file,
        grouping(source_file) as is_entity,
        sum(row_count) as line_count,
        sum(
            case
                when coalesce(rejection_reason, 'erased') = 'erased' then 0
                else row_count
            end
        ) as rejected_count,
        max(loaded_at) as loaded_at
    from landed_lines
    group by grouping sets ((entity, source_file), (entity))

),

landing_alarms as (

    select
        landing_alarm.alarm,
        coalesce(counted.source_file, counted.entity) as subject,
        case
            when counted.line_count < {{ fewest_lines }} then null
            when landing_alarm.alarm <> 'no_new_lines'
                then
                    cast(counted.rejected_count as double) * 100
                    / cast(counted.line_count as double)
            -- made-up people landed when it was made up
            when not coalesce(landing.is_synthetic, false)
                then
                    floor(
                        cast(
                            date_diff('second', counted.loaded_at, {{ build_clock() }})
                            as double
                        ) / 3600
                    )
        end as measured
    from counted
    inner join (
        values
        ('rejected_lines_of_entity', 1),
        ('rejected_lines_of_file', 0),
        ('no_new_lines', 1)
    ) as landing_alarm (alarm, is_entity)
        on counted.is_entity = landing_alarm.is_entity
    left join landing
        on landing.rank_of_note = 1

),

removed_rows as (

    select
        relation,
        count(distinct participant_id) as participant_count,
        sum(row_count) as row_count
    from removal
    group by relation

),

loss_alarms as (

    select
        'rows_lost' as alarm,
        present_rows.relation as subject,
        case
            -- another landing has other people
            when {{ var("replace_landing") | lower }} then null
            when removed_rows.participant_count >= {{ fewest_who_lost }}
                then
                    cast(removed_rows.row_count as double) * 100
                    / cast(removed_rows.row_count + present_rows.row_count as double)
        end as measured
    from present_rows
    left join removed_rows
        on present_rows.relation = removed_rows.relation

),

participants as (

    select
        count(*) as participant_count,
        coalesce(sum(case when state = 'consents' then 0 else 1 end), 0)
            as without_consent_count
    from int_consent

),

consent_alarms as (

    select
        'people_without_consent' as alarm,
        'participants' as subject,
        case
            when participant_count >= {{ fewest_participants }}
                then
                    cast(without_consent_count as double) * 100
                    / cast(participant_count as double)
        end as measured
    from participants

),

-- the oldest erasure that was asked for and is not certified
open_requests as (

    select min(at_time) as asked_at
    from {{ erasure("request") }} as erasure
    where until_time is null

),

erasure_alarms as (

    select
        'erasure_overdue' as alarm,
        'requests' as subject,
        floor(
            cast(date_diff('second', asked_at, {{ build_clock() }}) as double) / 86400
        ) as measured
    from open_requests
    where asked_at is not null

),

measurements as (

    select
        alarm,
        subject,
        measured
    from landing_alarms
    union all
    select
        alarm,
        subject,
        measured
    from loss_alarms
    union all
    select
        alarm,
        subject,
        measured
    from consent_alarms
    union all
    select
        alarm,
        subject,
        measured
    from erasure_alarms

),

-- above the first a warning, above the second an error, unless that is 0
bound as (

    select
        alarm,
        cast(warn_above as double) as warn_above,
        nullif(cast(error_above as double), 0) as error_above
    from (
        values
        (
            'rejected_lines_of_entity',
            {{ var("rejected_percent_warn") }},
            {{ var("rejected_percent_error") }}
        ),
        (
            'rejected_lines_of_file',
            {{ var("rejected_percent_warn") }},
            {{ var("rejected_percent_error") }}
        ),
        (
            'erasure_overdue',
            {{ var("erasure_days_warn") }},
            {{ var("erasure_days_error") }}
        ),
        (
            'no_new_lines',
            {{ var("stale_hours_warn") }},
            {{ var("stale_hours_error") }}
        ),
        (
            'rows_lost',
            {{ var("lost_percent_warn") }},
            {{ var("lost_percent_error") }}
        ),
        (
            'people_without_consent',
            {{ var("without_consent_percent_warn") }},
            {{ var("without_consent_percent_error") }}
        )
    ) as bound (alarm, warn_above, error_above)

),

levelled as (

    select
        cast(measurements.alarm as varchar) as alarm,
        cast(measurements.subject as varchar) as subject,
        measurements.measured,
        bound.warn_above,
        bound.error_above,
        cast(
            case
                when measurements.measured > bound.error_above then 'error'
                when measurements.measured > bound.warn_above then 'warn'
                else 'ok'
            end as varchar
        ) as level
    from measurements
    inner join bound
        on measurements.alarm = bound.alarm

),

alarms as (

    select *
    from levelled
    where
        alarm <> 'rejected_lines_of_file'
        or level <> 'ok'

)

select * from alarms
