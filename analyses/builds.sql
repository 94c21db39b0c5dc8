with

build as (

    select
        build_id,
        started_at,
        finished_at,
        succeeded,
        files_read,
        lines_read,
        rows_added,
        rows_removed,
        changes,
        landing,
        is_synthetic
    from {{ source("audit", "build") }}

),

timed as (

    select
        started_at,
        date_diff('second', started_at, finished_at) as seconds,
        succeeded,
        files_read,
        lines_read,
        rows_added,
        rows_removed,
        changes,
        landing,
        is_synthetic,
        build_id
    from build

)

select * from timed
order by started_at desc
