with

removal as (

    select
        relation,
        reason,
        participant_id,
        row_count,
        removed_at
    from {{ source("audit", "removal") }}

),

reasons as (

    select
        relation,
        reason,
        count(distinct participant_id) as people,
        cast(sum(row_count) as bigint) as row_count,
        min(removed_at) as first_removed_at,
        max(removed_at) as last_removed_at
    from removal
    group by relation, reason

)

select * from reasons
order by relation, reason
