with

customer_trusted as (

    select
        participant_id,
        share_with_research_as_of_date
    from {{ ref("customer_trusted") }}

),

machine_learning_curated as (

    select
        participant_id,
        sensor_reading_time
    from {{ ref("machine_learning_curated") }}

),

compared as (

    select
        customer_trusted.participant_id,
        machine_learning_curated.sensor_reading_time
        < customer_trusted.share_with_research_as_of_date as is_before_consent
    from machine_learning_curated
    inner join customer_trusted
        on machine_learning_curated.participant_id = customer_trusted.participant_id

),

counted as (

    select
        count(*) as row_count,
        count(case when is_before_consent then 1 end) as rows_before_consent,
        count(distinct participant_id) as people,
        count(distinct case when is_before_consent then participant_id end)
            as people_before_consent
    from compared

),

shares as (

    select
        row_count,
        rows_before_consent,
        round(
            cast(100 * rows_before_consent as double)
            / cast(nullif(row_count, 0) as double), 2
        ) as percent_of_rows,
        people,
        people_before_consent
    from counted

)

select * from shares
