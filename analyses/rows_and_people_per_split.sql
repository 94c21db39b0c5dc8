with

machine_learning_curated as (

    select
        participant_id,
        dataset_split
    from {{ ref("machine_learning_curated") }}

),

splits as (

    select
        dataset_split,
        count(*) as row_count,
        count(distinct participant_id) as people
    from machine_learning_curated
    group by dataset_split

),

shares as (

    select
        dataset_split,
        row_count,
        round(
            cast(100 * row_count as double)
            / cast(sum(row_count) over () as double), 2
        ) as percent_of_rows,
        people,
        round(
            cast(100 * people as double)
            / cast(sum(people) over () as double), 2
        ) as percent_of_people
    from splits

)

select * from shares
order by row_count desc, dataset_split asc
