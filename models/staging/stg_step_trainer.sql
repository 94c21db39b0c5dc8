{{ config(
    materialized="landed",
    meta={"parts": {"by": ["device_id"], "time": "sensor_reading_time"}},
) }}

{%- set names = ["sensorReadingTime", "serialNumber", "distanceFromObject"] -%}

with

source as (

    {{ landing_documents("step_trainer_landing_lines") }}

),

parsed as (

    select
        line,
        source_file,
        loaded_at,
        {{ landing_fields("line", names) }} as fields
    from source

),

extracted as (

    select
        source_file,
        loaded_at,
        fields is null as is_malformed,
        {{ landing_field("fields", "line", names, "serialNumber") }} as serial_text,
        {{ landing_field(
            "fields", "line", names, "sensorReadingTime", is_whole=true
        ) }} as time_text,
        {{ landing_field(
            "fields", "line", names, "distanceFromObject", is_whole=true
        ) }} as distance_text
    from parsed

),

typed as (

    select
        serial_text,
        {{ landing_time("time_text") }} as sensor_reading_time,
        {{ distance("distance_text") }} as distance_from_object,
        source_file,
        loaded_at,
        is_malformed
    from extracted

),

pseudonymised as (

    {{ with_pseudonym(
        "typed", "serial_text", normalised("serial_text"), "device_id"
    ) }}

),

marked as (

    {{ marked_erased("pseudonymised", "device_id", "device") }}

),

judged as (

    select
        {{ unless_erased("device_id") }} as device_id,
        {{ unless_erased("sensor_reading_time") }} as sensor_reading_time,
        {{ unless_erased("distance_from_object") }} as distance_from_object,
        source_file,
        loaded_at,
        case
            when is_erased then 'erased'
            when is_malformed then 'malformed_json'
            when device_id is null then 'missing_serial_number'
            when sensor_reading_time is null then 'invalid_timestamp'
            when distance_from_object is null then 'invalid_measurement'
        end as rejection_reason
    from marked

)

select * from judged
