{{ config(
    materialized="landed",
    meta={"parts": {"by": ["participant_id"]}, "first_landings": "customer_document"},
) }}

{%- set names = [
    "customerName", "email", "phone", "birthDay", "serialNumber", "registrationDate",
    "lastUpdateDate", "shareWithResearchAsOfDate", "shareWithPublicAsOfDate",
    "shareWithFriendsAsOfDate",
] -%}

with

source as (

    {{ landing_documents("customer_landing_lines") }}

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
            "fields", "line", names, "registrationDate", is_whole=true
        ) }} as registration_text,
        {{ landing_field(
            "fields", "line", names, "lastUpdateDate", is_whole=true
        ) }} as last_update_text,
        {{ landing_field(
            "fields", "line", names, "shareWithResearchAsOfDate", is_whole=true
        ) }} as research_text,
        {{ landing_field(
            "fields", "line", names, "shareWithPublicAsOfDate", is_whole=true
        ) }} as public_text,
        {{ landing_field(
            "fields", "line", names, "shareWithFriendsAsOfDate", is_whole=true
        ) }} as friends_text
    from parsed

),

typed as (

    select
        line,
        is_malformed,

        -- personal data
        {{ short_text("customer_name") }} as customer_name,
        {{ email_address("email_text") }} as email,
        {{ short_text("phone") }} as phone,
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

-- A rejected document may be a withdrawal: all that it says is read.
readable as (

    {{ readable_text(
        "judged", "line", "said", "rejection_reason is not null and email is null"
    ) }}

),

folded as (

    select
        *,
        {{ folded("said") }} as folded
    from readable

),

searchable as (

    select
        *,
        {{ searchable_text("folded") }} as searchable
    from folded

),

-- Whom and what a rejected document names counts against its use.
named as (

    select
        *,
        {{ normalised_name("customer_name") }} as name_key,
        case
            when rejection_reason is null then null
            when email is not null then {{ list_of(texts=["email"]) }}
            else {{ emails_in("searchable") }}
        end as named_emails,
        case
            when rejection_reason is null then null
            when serial_number is not null then {{ list_of(texts=["serial_number"]) }}
            else {{ list_of(lists=[
                serial_numbers_in(valid_utf_8("line")),
                serial_numbers_in("coalesce(said, '')")
            ]) }}
        end as named_serial_numbers,
        -- a good record is what its values say, however they are spelled
        case
            when rejection_reason is not null then line
            else {{ record_text([
                "email", "serial_number", "customer_name", "phone", "birth_day",
                "registration_date", "last_update_date", "share_with_research_as_of_date",
                "share_with_public_as_of_date", "share_with_friends_as_of_date",
            ]) }}
        end as identity
    from searchable

),

pseudonymised as (

    {{ pseudonymised(
        "named",
        {
            "email": "participant_id",
            "serial_number": "device_id",
            "name_key": "name_id",
            "identity": "document_id",
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
        document_id,
        source_file,
        loaded_at,
        rejection_reason,
        is_erased
        or coalesce(coalesce(participants_still, devices_still) = 'erased', false)
            as is_erased
    from marked

),

-- A copy, a restore or another name of what landed before lands when that did.
remembered as (

    select
        document_id,
        min(landed_at) as landed_at,
        case when min(source_file) = max(source_file) then min(source_file) end
            as source_file
    from {{ source("audit", "customer_document") }}
    group by document_id

),

loaded as (

    select
        *,
        min(loaded_at) over (partition by document_id) as first_loaded_at
    from judged_again

),

loaded_first as (

    select
        *,
        min(case when loaded_at = first_loaded_at then source_file end) over (
            partition by document_id
        ) as first_source_file,
        max(case when loaded_at = first_loaded_at then source_file end) over (
            partition by document_id
        ) as last_source_file
    from loaded

),

landed as (

    select
        loaded_first.*,
        least(
            loaded_first.first_loaded_at,
            coalesce(remembered.landed_at, loaded_first.first_loaded_at)
        ) as landed_at,
        case
            when remembered.landed_at <= loaded_first.first_loaded_at
                then remembered.source_file
            when loaded_first.first_source_file = loaded_first.last_source_file
                then loaded_first.first_source_file
        end as landed_in
    from loaded_first
    left join remembered
        on loaded_first.document_id = remembered.document_id

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
        {{ unless_erased("document_id") }} as document_id,
        source_file,
        loaded_at,
        {{ unless_erased("landed_at") }} as landed_at,
        {{ unless_erased("landed_in") }} as landed_in,
        case when is_erased then 'erased' else rejection_reason end
            as rejection_reason
    from landed

)

select * from staged
