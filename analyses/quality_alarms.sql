with

quality_alarm as (

    select
        alarm,
        -- a file's name may hold a person's name
        case
            when
                alarm in (
                    'nothing_read_of_file',
                    'rejected_lines_of_file',
                    'nameless_lines_of_file'
                )
                then split_part(subject, '/', 1)
            else subject
        end as subject,
        measured,
        warn_above,
        error_above,
        level
    from {{ ref("quality_alarm") }}

),

measurements as (

    select
        level,
        alarm,
        subject,
        count(*) as measurement_count,
        max(measured) as measured,
        -- the bounds of the worst: those of small files are their own
        coalesce(max_by(warn_above, measured), max(warn_above)) as warn_above,
        coalesce(max_by(error_above, measured), max(error_above)) as error_above
    from quality_alarm
    group by level, alarm, subject

)

select * from measurements
order by
    case level
        when 'error' then 1 when 'warn' then 2 when 'not_measured' then 3 else 4
    end,
    alarm, subject
