{{ config(
    materialized="landed",
    meta={"parts": {"by": ["participant_id"], "time": "reading_time"}},
) }}

{%- set names = ["user", "timestamp", "timeStamp", "x", "y", "z"] -%}

with

source as (

    {{ landing_documents("accelerometer_landing_lines") }}

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
        {{ landing_field("fields", "line", names, "user") }} as user_text,
        coalesce(
            {{ landing_field("fields", "line", names, "timestamp", is_whole=true) }},
            {{ landing_field("fields", "line", names, "timeStamp", is_whole=true) }}
        ) as time_text,
        {{ landing_field("fields", "line", names, "x") }} as x_text,
        {{ landing_field("fields", "line", names, "y") }} as y_text,
        {{ landing_field("fields", "line", names, "z") }} as z_text
    from parsed

),

typed as (

    select
        user_text,
        {{ landing_time("time_text") }} as reading_time,
        {{ measurement("x_text") }} as x,
        {{ measurement("y_text") }} as y,
        {{ measurement("z_text") }} as z,
        source_file,
        loaded_at,
        is_malformed
    from extracted

),

pseudonymised as (

    {{ with_pseudonym(
        "typed", "user_text", email_address("user_text"), "participant_id"
    ) }}

),

marked as (

    {{ marked_erased("pseudonymised", "participant_id", "participant") }}

),

judged as (

    select
        {{ unless_erased("participant_id") }} as participant_id,
        {{ unless_erased("reading_time") }} as reading_time,
        {{ unless_erased("x") }} as x,
        {{ unless_erased("y") }} as y,
        {{ unless_erased("z") }} as z,
        source_file,
        loaded_at,
        case
            when is_erased then 'erased'
            when is_malformed then 'malformed_json'
            when participant_id is null then 'missing_email'
            when reading_time is null then 'invalid_timestamp'
            when x is null or y is null or z is null then 'invalid_measurement'
        end as rejection_reason
    from marked

)

select * from judged
