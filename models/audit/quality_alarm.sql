{{ config(meta={"parts": {"by": ["alarm", "subject"]}}) }}

{#- Of fewer, a share is judged by the count: as many as it would be percent. -#}
{%- set fewest = 100 -%}
{%- set fewest_who_lost = 20 -%}
{%- set sensors = participant_sensors() + ["step_trainer"] -%}
{%- set splits = {"train": 80, "validation": 10, "test": 10} -%}

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

stg_customer as (

    select
        source_file,
        share_with_research_as_of_date,
        consent_date_is_unreadable,
        named_participants,
        rejection_reason
    from {{ ref("stg_customer") }}
    where coalesce(rejection_reason, '') <> 'erased'

),

int_consent as (

    select state
    from {{ ref("int_consent") }}

),

row_outcome as (

    select
        entity,
        outcome,
        row_count
    from {{ ref("row_outcome") }}

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

landing_file as (

    select status
    from {{ source("audit", "landing_file") }}
    where entity = 'customer'

),

training_people as (

    select
        row_count,
        {{ dataset_split("participant_id") }} as dataset_split
    from {{ totals_of("machine_learning_curated", "participant_id") }}
    where row_count > 0

),

present_rows as (

    {% for relation in ["customer_trusted", "customers_curated"] -%}
    select
        '{{ relation }}' as relation,
        count(*) as row_count,
        cast(null as bigint) as participant_count,
        cast(null as bigint) as train_count,
        cast(null as bigint) as validation_count,
        cast(null as bigint) as test_count
    from {{ ref(relation) }}
    union all
    {% endfor -%}
    {%- for sensor in sensors -%}
    select
        '{{ sensor }}_trusted' as relation,
        coalesce(sum(row_count), 0) as row_count,
        null as participant_count,
        null as train_count,
        null as validation_count,
        null as test_count
    from {{ totals_of(sensor ~ "_trusted", "participant_id") }}
    union all
    {% endfor -%}
    select
        'machine_learning_curated' as relation,
        coalesce(sum(row_count), 0) as row_count,
        count(*) as participant_count,
        count(case when dataset_split = 'train' then 1 end) as train_count,
        count(case when dataset_split = 'validation' then 1 end) as validation_count,
        count(case when dataset_split = 'test' then 1 end) as test_count
    from training_people

),

-- the lines of each file, and of each entity
counted as (

    select
        entity,
        source_file,
        grouping(source_file) as is_entity,
        sum(
            case when rejection_reason = 'erased' then 0 else row_count end
        ) as line_count,
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
            when landing_alarm.alarm = 'no_new_lines'
                then
                    -- made-up people landed when it was made up
                    case
                        when not coalesce(landing.is_synthetic, false)
                            then
                                floor(
                                    cast(
                                        date_diff(
                                            'second',
                                            counted.loaded_at,
                                            {{ build_clock() }}
                                        ) as double
                                    ) / 3600
                                )
                    end
            when counted.line_count = 0 then null
            when landing_alarm.is_share
                then
                    cast(counted.rejected_count as double) * 100
                    / cast(counted.line_count as double)
            when counted.rejected_count = counted.line_count
                then counted.rejected_count
            else 0
        end as measured,
        case when landing_alarm.is_share then counted.line_count end as counted
    from counted
    inner join (
        values
        ('nothing_read_of_entity', 1, false),
        ('nothing_read_of_file', 0, false),
        ('rejected_lines_of_entity', 1, true),
        ('rejected_lines_of_file', 0, true),
        ('no_new_lines', 1, false)
    ) as landing_alarm (alarm, is_entity, is_share)
        on counted.is_entity = landing_alarm.is_entity
    left join landing
        on landing.rank_of_note = 1

),

-- what the documents of each customer file say of nobody, and of consent
customer_files as (

    select
        source_file,
        grouping(source_file) as is_entity,
        count(*) as line_count,
        count(
            case
                when rejection_reason is not null and named_participants is null
                    then 1
            end
        ) as nameless_count,
        count(
            case
                when
                    consent_date_is_unreadable
                    or share_with_research_as_of_date is not null
                    then 1
            end
        ) as dated_count,
        count(case when consent_date_is_unreadable then 1 end) as unreadable_count
    from stg_customer
    group by grouping sets ((source_file), ())

),

customer_alarms as (

    select
        customer_alarm.alarm,
        coalesce(customer_files.source_file, 'customer') as subject,
        case customer_alarm.alarm
            when 'unreadable_consent_dates'
                then
                    cast(customer_files.unreadable_count as double) * 100
                    / cast(nullif(customer_files.dated_count, 0) as double)
            else
                cast(customer_files.nameless_count as double) * 100
                / cast(nullif(customer_files.line_count, 0) as double)
        end as measured,
        case customer_alarm.alarm
            when 'nameless_lines' then customer_files.line_count
            when 'unreadable_consent_dates' then customer_files.dated_count
        end as counted,
        customer_alarm.alarm = 'nameless_lines_of_file'
        and customer_files.nameless_count = customer_files.line_count as is_error
    from customer_files
    inner join (
        values
        ('nameless_lines', 1),
        ('nameless_lines_of_file', 0),
        ('unreadable_consent_dates', 1)
    ) as customer_alarm (alarm, is_entity)
        on customer_files.is_entity = customer_alarm.is_entity

),

file_alarms as (

    select
        'unread_customer_files' as alarm,
        'customer' as subject,
        count(case when status not in ('read', 'empty') then 1 end) as measured
    from landing_file

),

-- readings of nobody, of two people, or of a device without an owner
reading_alarms as (

    select
        'readings_of_nobody' as alarm,
        sensors.entity as subject,
        cast(
            sum(
                case
                    when
                        row_outcome.outcome in (
                            'unknown_customer', 'unknown_device', 'ambiguous_device'
                        )
                        then row_outcome.row_count
                    else 0
                end
            ) as double
        ) * 100 / cast(sum(row_outcome.row_count) as double) as measured,
        sum(row_outcome.row_count) as counted
    from (
        values
        {% for sensor in sensors -%}
        ('{{ sensor }}'){{ ", " if not loop.last }}
        {%- endfor %}
    ) as sensors (entity)
    left join row_outcome
        on
            sensors.entity = row_outcome.entity
            and row_outcome.outcome not in (
                'erased',
                'malformed_json',
                'missing_email',
                'missing_serial_number',
                'invalid_timestamp',
                'invalid_measurement',
                'repeat'
            )
    group by sensors.entity

),

removed_rows as (

    select
        relation,
        count(distinct participant_id) as participant_count,
        sum(row_count) as row_count
    from removal
    group by relation

),

tables as (

    select
        present_rows.relation,
        present_rows.row_count,
        present_rows.participant_count,
        {%- for split in splits %}
        present_rows.{{ split }}_count,
        {%- endfor %}
        coalesce(removed_rows.row_count, 0) as removed_count,
        coalesce(removed_rows.participant_count, 0) as people_who_lost,
        max(
            case
                when present_rows.relation = 'step_trainer_trusted'
                    then present_rows.row_count
            end
        ) over () as step_count
    from present_rows
    left join removed_rows
        on present_rows.relation = removed_rows.relation

),

table_alarms as (

    select
        table_alarm.alarm,
        coalesce(table_alarm.subject, tables.relation) as subject,
        case table_alarm.alarm
            when 'empty_table'
                then case when tables.row_count = 0 then 1 else 0 end
            when 'unpaired_readings'
                then
                    case
                        when tables.row_count > 0 then 0
                        when tables.step_count > 0 then tables.step_count
                    end
            when 'rows_lost'
                then
                    case
                        -- another landing has other people
                        when {{ var("replace_landing") | lower }} then null
                        else
                            cast(tables.removed_count as double) * 100
                            / cast(
                                nullif(tables.removed_count + tables.row_count, 0)
                                as double
                            )
                    end
            -- by how much a split falls short of its share of the people
            when 'small_split'
                then
                    case
                        when tables.participant_count > 0
                            then
                                greatest(
                                    0e0,
                                    100 - cast(
                                        case table_alarm.subject
                                            {%- for split in splits %}
                                            when '{{ split }}'
                                                then tables.{{ split }}_count
                                            {%- endfor %}
                                        end as double
                                    ) * 10000 / cast(
                                        tables.participant_count * table_alarm.share
                                        as double
                                    )
                                )
                    end
        end as measured,
        table_alarm.alarm = 'rows_lost'
        and tables.people_who_lost
        between 1 and {{ fewest_who_lost - 1 }} as is_too_few
    from tables
    inner join (
        values
        ('empty_table', cast(null as varchar), 'any', 0),
        ('rows_lost', null, 'any', 0),
        (
            'unpaired_readings',
            'machine_learning_curated',
            'machine_learning_curated',
            0
        )
        {%- for split, share in splits.items() %},
        ('small_split', '{{ split }}', 'machine_learning_curated', {{ share }})
        {%- endfor %}
    ) as table_alarm (alarm, subject, relation, share)
        on table_alarm.relation in ('any', tables.relation)

),

-- Only where there is not one pair: a few people, of whom there is least to read.
training_rows as (

    select count(*) as row_count
    from {{ ref("machine_learning_curated") }}

),

people_without_pairs as (

    select totals.participant_id
    from training_rows
    cross join {{ totals_of("step_trainer_trusted", "participant_id") }} as totals
    where
        training_rows.row_count = 0
        and totals.row_count > 0
    order by totals.row_count, totals.participant_id
    limit 10

),

signals as (

    select
        steps.participant_id,
        steps.sensor_reading_time as reading_time,
        true as is_step
    from {{ ref("step_trainer_trusted") }} as steps
    inner join people_without_pairs
        on steps.participant_id = people_without_pairs.participant_id
    union all
    select
        accelerations.participant_id,
        accelerations.reading_time,
        false as is_step
    from {{ ref("accelerometer_trusted") }} as accelerations
    inner join people_without_pairs
        on accelerations.participant_id = people_without_pairs.participant_id

),

-- Both frames run forwards: one that began at the current row would be worked out
-- afresh for each row.
neighbours as (

    select
        reading_time,
        is_step,
        max(case when not is_step then reading_time end) over (
            partition by participant_id
            order by reading_time
            rows between unbounded preceding and current row
        ) as acceleration_before,
        min(case when not is_step then reading_time end) over (
            partition by participant_id
            order by reading_time desc
            rows between unbounded preceding and current row
        ) as acceleration_after
    from signals

),

distances as (

    select
        date_diff(
            'millisecond', acceleration_before, reading_time
        ) as since_acceleration,
        date_diff(
            'millisecond', reading_time, acceleration_after
        ) as until_acceleration
    from neighbours
    where is_step

),

nearest as (

    select
        min(
            least(
                coalesce(since_acceleration, until_acceleration),
                coalesce(until_acceleration, since_acceleration)
            )
        ) as distance
    from distances

),

pair_alarms as (

    select
        'nearest_acceleration' as alarm,
        'machine_learning_curated' as subject,
        distance as measured
    from nearest
    where distance is not null

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
        cast(without_consent_count as double) * 100
        / cast(nullif(participant_count, 0) as double) as measured,
        participant_count as counted
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

-- `counted`: of how many a share is measured; `is_error`: whatever the bounds
measurements as (

    select
        alarm,
        subject,
        measured,
        counted,
        false as is_error,
        false as is_too_few
    from landing_alarms
    union all
    select
        alarm,
        subject,
        measured,
        counted,
        is_error,
        false as is_too_few
    from customer_alarms
    union all
    select
        alarm,
        subject,
        measured,
        counted,
        false as is_error,
        false as is_too_few
    from reading_alarms
    union all
    select
        alarm,
        subject,
        measured,
        counted,
        false as is_error,
        false as is_too_few
    from consent_alarms
    union all
    select
        alarm,
        subject,
        measured,
        null as counted,
        false as is_error,
        is_too_few
    from table_alarms
    {%- for alarms in ["file_alarms", "pair_alarms", "erasure_alarms"] %}
    union all
    select
        alarm,
        subject,
        measured,
        null as counted,
        false as is_error,
        false as is_too_few
    from {{ alarms }}
    {%- endfor %}

),

-- above the first a warning, above the second an error; null for never
bound as (

    select
        alarm,
        cast(warn_above as double) as warn_above,
        cast(error_above as double) as error_above
    from (
        values
        ('nothing_read_of_entity', 0, 0),
        ('nothing_read_of_file', 0, null),
        (
            'rejected_lines_of_entity',
            {{ var("rejected_percent_warn") }},
            {{ var("rejected_percent_error") or "null" }}
        ),
        (
            'rejected_lines_of_file',
            {{ var("rejected_percent_warn") }},
            {{ var("rejected_percent_error") or "null" }}
        ),
        (
            'nameless_lines',
            {{ var("nameless_percent_warn") }},
            {{ var("nameless_percent_error") or "null" }}
        ),
        ('nameless_lines_of_file', {{ var("nameless_percent_warn") }}, null),
        ('unread_customer_files', 0, null),
        (
            'unreadable_consent_dates',
            {{ var("unreadable_dates_percent_warn") }},
            {{ var("unreadable_dates_percent_error") or "null" }}
        ),
        (
            'readings_of_nobody',
            {{ var("nobodys_percent_warn") }},
            {{ var("nobodys_percent_error") or "null" }}
        ),
        (
            'unpaired_readings',
            {{ var("unpaired_readings_warn") }},
            {{ var("unpaired_readings_error") or "null" }}
        ),
        ('nearest_acceleration', 0, null),
        ('empty_table', 0, null),
        ('small_split', 75, null),
        (
            'erasure_overdue',
            {{ var("erasure_days_warn") }},
            {{ var("erasure_days_error") or "null" }}
        ),
        (
            'no_new_lines',
            {{ var("stale_hours_warn") }},
            {{ var("stale_hours_error") or "null" }}
        ),
        (
            'rows_lost',
            {{ var("lost_percent_warn") }},
            {{ var("lost_percent_error") or "null" }}
        ),
        (
            'people_without_consent',
            {{ var("without_consent_percent_warn") }},
            {{ var("without_consent_percent_error") or "null" }}
        )
    ) as bound (alarm, warn_above, error_above)

),

scaled as (

    select
        measurements.alarm,
        measurements.subject,
        measurements.is_error,
        measurements.is_too_few,
        cast(measurements.measured as double) as measured,
        bound.warn_above,
        bound.error_above,
        case
            when measurements.counted between 1 and {{ fewest - 1 }}
                then {{ fewest }}e0 / measurements.counted
            else 1e0
        end as scale
    from measurements
    inner join bound
        on measurements.alarm = bound.alarm

),

-- nothing is more than all: such a bound is never passed
bounded as (

    select
        alarm,
        subject,
        measured,
        case
            when is_too_few or (scale > 1 and warn_above * scale >= 100) then null
            else warn_above * scale
        end as warn_above,
        case
            when is_error then 0
            when is_too_few or (scale > 1 and error_above * scale >= 100) then null
            else error_above * scale
        end as error_above
    from scaled

),

levelled as (

    select
        cast(alarm as varchar) as alarm,
        cast(subject as varchar) as subject,
        measured,
        warn_above,
        error_above,
        cast(
            case
                when measured is null then 'not_measured'
                when measured > error_above then 'error'
                when measured > warn_above then 'warn'
                else 'ok'
            end as varchar
        ) as level
    from bounded

),

alarms as (

    select *
    from levelled
    where
        alarm not in (
            'nothing_read_of_file', 'rejected_lines_of_file', 'nameless_lines_of_file'
        )
        or level in ('warn', 'error')

)

select * from alarms
