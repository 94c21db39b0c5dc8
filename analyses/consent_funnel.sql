with

row_outcome as (

    select
        outcome,
        row_count
    from {{ ref("row_outcome") }}
    where entity = 'customer'

),

int_consent as (

    select state
    from {{ ref("int_consent") }}

),

customer_trusted as (

    select participant_id
    from {{ ref("customer_trusted") }}

),

customers_curated as (

    select participant_id
    from {{ ref("customers_curated") }}

),

machine_learning_curated as (

    select participant_id
    from {{ ref("machine_learning_curated") }}

),

lines_read as (

    select
        cast(coalesce(sum(row_count), 0) as bigint) as landed,
        cast(
            coalesce(sum(
                case
                    when
                        outcome not in (
                            'erased',
                            'malformed_json',
                            'missing_email',
                            'missing_serial_number',
                            'invalid_timestamp'
                        )
                        then row_count
                end
            ), 0) as bigint
        ) as good
    from row_outcome

),

people_by_consent as (

    select
        count(*) as registered,
        count(case when state <> 'no_consent' then 1 end) as agreed
    from int_consent

),

training_set as (

    select
        count(*) as row_count,
        count(distinct participant_id) as people
    from machine_learning_curated

),

steps as (

    select
        1 as step_position,
        'lines_landed' as step,
        landed as counted
    from lines_read
    union all
    select
        2 as step_position,
        'records_read' as step,
        good as counted
    from lines_read
    union all
    select
        3 as step_position,
        'people_registered' as step,
        registered as counted
    from people_by_consent
    union all
    select
        4 as step_position,
        'people_agreed' as step,
        agreed as counted
    from people_by_consent
    union all
    select
        5 as step_position,
        'people_trusted' as step,
        count(*) as counted
    from customer_trusted
    union all
    select
        6 as step_position,
        'people_measured' as step,
        count(*) as counted
    from customers_curated
    union all
    select
        7 as step_position,
        'people_in_training_set' as step,
        people as counted
    from training_set
    union all
    select
        8 as step_position,
        'training_rows' as step,
        row_count as counted
    from training_set

)

select * from steps
order by step_position
