with

stg_customer as (

    select
        source_file,
        loaded_at
    from {{ ref("stg_customer") }}

),

stg_accelerometer as (

    select
        source_file,
        loaded_at
    from {{ ref("stg_accelerometer") }}

),

stg_step_trainer as (

    select
        source_file,
        loaded_at
    from {{ ref("stg_step_trainer") }}

),

lines_read as (

    select
        'customer' as entity,
        source_file,
        loaded_at
    from stg_customer
    union all
    select
        'accelerometer' as entity,
        source_file,
        loaded_at
    from stg_accelerometer
    union all
    select
        'step_trainer' as entity,
        source_file,
        loaded_at
    from stg_step_trainer

),

entities as (

    select
        entity,
        count(distinct source_file) as file_count,
        count(*) as line_count,
        min(loaded_at) as first_loaded_at,
        max(loaded_at) as last_loaded_at
    from lines_read
    group by entity

)

select * from entities
order by entity
