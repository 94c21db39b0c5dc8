{{ config(part_by=["participant_id"]) }}

{%- set names = [
    "customerName", "email", "phone", "birthDay", "serialNumber", "registrationDate",
    "lastUpdateDate", "shareWithResearchAsOfDate", "shareWithPublicAsOfDate",
    "shareWithFriendsAsOfDate",
] -%}

with

source as (

    select
        {{ trimmed_line("line") }} as line,
        {{ source_file() }} as source_file,
        {{ loaded_at() }} as loaded_at
    from {{ source("landing", "customer_landing_lines") }}
    where
        not {{ is_blank_line("line") }}
        and {{ every_landing_file() }}

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

pseudonymised as (

    {{ pseudonymised(
        "extracted", {"email_text": "participant_id", "serial_text": "device_id"}
    ) }}

),

typed as (

    select
        -- ids
        participant_id,
        device_id,

        -- personal data
        customer_name,
        {{ normalised("email_text") }} as email,
        phone,
        {{ birth_day("birth_day_text") }} as birth_day,
        {{ normalised("serial_text") }} as serial_number,

        -- dates
        {{ landing_time("registration_text") }} as registration_date,
        {{ landing_time("last_update_text") }} as last_update_date,
        {{ landing_time("research_text") }} as share_with_research_as_of_date,
        {{ landing_time("public_text") }} as share_with_public_as_of_date,
        {{ landing_time("friends_text") }} as share_with_friends_as_of_date,

        -- origin
        source_file,
        loaded_at,
        is_malformed
    from pseudonymised

),

judged as (

    select
        participant_id,
        device_id,
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
        source_file,
        loaded_at,
        case
            when is_malformed then 'malformed_json'
            when participant_id is null then 'missing_email'
            when device_id is null then 'missing_serial_number'
            when last_update_date is null then 'invalid_timestamp'
        end as rejection_reason
    from typed

)

select * from judged
