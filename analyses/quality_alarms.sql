with

quality_alarm as (

    select
        alarm,
        -- a file's name may hold a person's name
        case
            when alarm = 'rejected_lines_of_file' then split_part(subject, '/', 1)
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
        max(warn_above) as warn_above,
        max(error_above) as error_above
    from quality_alarm
    group by level, alarm, subject

)

select * from measurements
order by
    case level when 'error' then 1 when 'warn' then 2 else 3 end,
    alarm, subject
