{{ config(meta={"parts": {"by": ["device_id"]}}) }}

with

stg_device as (

    select
        device_id,
        participant_id
    from {{ ref("stg_device") }}

),

customer_trusted as (

    select
        participant_id,
        consented_since
    from {{ ref("customer_trusted") }}

),

participants_with_accelerometer as (

    select participant_id
    from {{ totals_of("accelerometer_trusted", "participant_id") }}

),

attributable as (

    select
        stg_device.device_id,
        customer_trusted.participant_id,
        customer_trusted.consented_since
    from stg_device
    inner join customer_trusted
        on stg_device.participant_id = customer_trusted.participant_id
    inner join participants_with_accelerometer
        on
            customer_trusted.participant_id
            = participants_with_accelerometer.participant_id

)

select * from attributable
