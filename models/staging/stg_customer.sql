{{ config(
    materialized="landed",
    meta={"parts": {"by": ["participant_id"]}},
) }}

{%- set names = [
    "customerName", "email", "phone", "birthDay", "serialNumber", "registrationDate",
    "lastUpdateDate", "shareWithResearchAsOfDate", "shareWithPublicAsOfDate",
    "shareWithFriendsAsOfDate",
] -%}

with

source as (

    {{ landing_lines("customer_landing_lines") }}

),

parsed as (

    select
        line,
        source_file,
        loaded_at,
        {{ landing_fields("line", names, no_repeats=true) }} as fields
    from source

),

extracted as (

    select
        line,
        source_file,
        loaded_at,
        fields is null as is_malformed,
        {{ landing_field("fields", "line", names, "customerName") }} as customer_name,
        {{ landing_field("fields", "line", names, "email") }} as email_text,
        {{ landing_field("fields", "line", names, "phone") }} as phone,
        {{ landing_field("fields", "line", names, "birthDay") }} as birth_day_text,
        {{ landing_field("fields", "line", names, "serialNumber") }} as serial_text,
        {{ landing_field(
            "fields", "line", names, "registrationDate"
        ) }} as registration_text,
        {{ landing_field(
            "fields", "line", names, "lastUpdateDate"
        ) }} as last_update_text,
        {{ landing_field(
            "fields", "line", names, "shareWithResearchAsOfDate"
        ) }} as research_text,
        {{ landing_field(
            "fields", "line", names, "shareWithPublicAsOfDate"
        ) }} as public_text,
        {{ landing_field(
            "fields", "line", names, "shareWithFriendsAsOfDate"
        ) }} as friends_text
    from parsed

),

typed as (

    select
        line,
        is_malformed,

        -- personal data
        customer_name,
        {{ email_address("email_text") }} as email,
        phone,
        {{ birth_day("birth_day_text") }} as birth_day,
        {{ normalised("serial_text") }} as serial_number,

        -- dates
        {{ landing_time("registration_text") }} as registration_date,
        {{ landing_time("last_update_text") }} as last_update_date,
        {{ landing_time("research_text") }} as share_with_research_as_of_date,
        {{ is_unreadable_date("research_text") }} as consent_date_is_unreadable,
        {{ landing_time("public_text") }} as share_with_public_as_of_date,
        {{ landing_time("friends_text") }} as share_with_friends_as_of_date,

        -- origin
        source_file,
        loaded_at
    from extracted

),

judged as (

    select
        *,
        case
            when is_malformed then 'malformed_json'
            when email is null then 'missing_email'
            when serial_number is null then 'missing_serial_number'
            when last_update_date is null then 'invalid_timestamp'
        end as rejection_reason
    from typed

),

-- What a line says that names nobody outright, step by step: Athena would take
-- seconds to analyse it in one expression.
decoded_once as (

    select
        *,
        case
            when rejection_reason is not null and email is null
                then {{ decoded_text("line") }}
        end as once
    from judged

),

-- a text in a document may be a document itself
decoded_twice as (

    select
        *,
        {{ decoded_text("once") }} as twice
    from decoded_once

),

searchable as (

    select
        *,
        {{ folded("twice") }} as said
    from decoded_twice

),

-- A rejected line may be a withdrawal: whom and what it names counts against its use.
named as (

    select
        *,
        {{ normalised_name("customer_name") }} as name_key,
        case
            when rejection_reason is null then null
            when email is not null then {{ list_of(texts=["email"]) }}
            else {{ emails_in("said") }}
        end as named_emails,
        case
            when rejection_reason is null then null
            when serial_number is not null then {{ list_of(texts=["serial_number"]) }}
            else {{ serial_numbers_in("line") }}
        end as named_serial_numbers
    from searchable

),

pseudonymised as (

    {{ pseudonymised(
        "named",
        {
            "email": "participant_id",
            "serial_number": "device_id",
            "name_key": "name_id",
            "line": "line_id",
        },
        lists={
            "named_emails": "named_participants",
            "named_serial_numbers": "named_devices",
        },
    ) }}

),

erased as (

    select
        array_agg(listed) filter (where kind = 'participant') as participants,
        array_agg(listed) filter (where kind = 'device') as devices
    from {{ source("vault", "erasure") }}

),

-- a rejected line that names others too stays: it may be their withdrawal
named_still as (

    select
        pseudonymised.*,
        {{ without_erased("pseudonymised.named_participants", "erased.participants") }}
            as participants_still,
        {{ without_erased("pseudonymised.named_devices", "erased.devices") }}
            as devices_still
    from pseudonymised
    cross join erased

),

marked as (

    {{ marked_erased("named_still", "participant_id", "participant") }}

),

judged_again as (

    select
        participant_id,
        device_id,
        name_id,
        customer_name,
        email,
        phone,
        birth_day,
        serial_number,
        registration_date,
        last_update_date,
        share_with_research_as_of_date,
        share_with_public_as_of_date,
        share_with_friends_as_of_date,
        participants_still as named_participants,
        devices_still as named_devices,
        consent_date_is_unreadable,
        line_id,
        source_file,
        loaded_at,
        rejection_reason,
        is_erased
        or coalesce(coalesce(participants_still, devices_still) = 'erased', false)
            as is_erased
    from marked

),

staged as (

    select
        {{ unless_erased("participant_id") }} as participant_id,
        {{ unless_erased("device_id") }} as device_id,
        {{ unless_erased("name_id") }} as name_id,
        {{ unless_erased("customer_name") }} as customer_name,
        {{ unless_erased("email") }} as email,
        {{ unless_erased("phone") }} as phone,
        {{ unless_erased("birth_day") }} as birth_day,
        {{ unless_erased("serial_number") }} as serial_number,
        {{ unless_erased("registration_date") }} as registration_date,
        {{ unless_erased("last_update_date") }} as last_update_date,
        {{ unless_erased(
            "share_with_research_as_of_date"
        ) }} as share_with_research_as_of_date,
        {{ unless_erased(
            "share_with_public_as_of_date"
        ) }} as share_with_public_as_of_date,
        {{ unless_erased(
            "share_with_friends_as_of_date"
        ) }} as share_with_friends_as_of_date,
        {{ unless_erased("named_participants") }} as named_participants,
        {{ unless_erased("named_devices") }} as named_devices,
        {{ unless_erased(
            "consent_date_is_unreadable"
        ) }} as consent_date_is_unreadable,
        {{ unless_erased("line_id") }} as line_id,
        source_file,
        loaded_at,
        case when is_erased then 'erased' else rejection_reason end
            as rejection_reason
    from judged_again

)

select * from staged
