with

row_outcome as (

    select
        entity,
        outcome,
        row_count as line_count
    from {{ ref("row_outcome") }}

),

shares as (

    select
        entity,
        outcome,
        line_count,
        round(
            cast(100 * line_count as double)
            / cast(sum(line_count) over (partition by entity) as double), 2
        ) as percent_of_lines
    from row_outcome

)

select * from shares
order by entity asc, line_count desc, outcome asc
