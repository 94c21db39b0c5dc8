{#- Nobody is in the table who does not share with research now. Worked out from the landing lines, apart from staging and
    customer_trusted's rules: of a person's lines the newest statement must be a consent, and no refusal and no line that could not
    be read may have landed with it or after it (docs/rules.md, Consent). Needs no vault key: people are found by their e-mail. -#}
{% test only_consenting_participants(model) %}

{%- set names = [
    "email", "serialNumber", "lastUpdateDate", "shareWithResearchAsOfDate", "customerName", "phone", "birthDay",
    "registrationDate", "shareWithPublicAsOfDate", "shareWithFriendsAsOfDate",
] -%}
{%- set now = "timestamp '" ~ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") ~ "'" %}

with

documents as (

    {{ landing_documents("customer_landing_lines", with_key=false) }}

),

timed as (

    select
        line,
        source_file,
        loaded_at,
        min(loaded_at) over (partition by line) as landed_at
    from documents

),

landed as (

    select
        line,
        source_file,
        loaded_at,
        landed_at,
        min(case when loaded_at = landed_at then source_file end) over (partition by line) as first_file,
        max(case when loaded_at = landed_at then source_file end) over (partition by line) as last_file
    from timed

),

parsed as (

    select
        line,
        source_file,
        loaded_at,
        landed_at,
        case when first_file = last_file then first_file end as landed_in,
        {{ landing_fields("line", names, no_repeats=true) }} as fields
    from landed

),

extracted as (

    select
        line,
        source_file,
        loaded_at,
        landed_at,
        landed_in,
        {{ landing_field("fields", "line", names, "email") }} as email_text,
        {{ landing_field("fields", "line", names, "serialNumber") }} as serial_text,
        {{ landing_field("fields", "line", names, "lastUpdateDate", is_whole=true) }} as updated_text,
        {{ landing_field("fields", "line", names, "shareWithResearchAsOfDate", is_whole=true) }} as consented_text
    from parsed

),

read as (

    select
        line,
        source_file,
        loaded_at,
        landed_at,
        landed_in,
        {{ email_address("email_text") }} as email,
        {{ normalised("serial_text") }} as serial_number,
        {{ landing_time("updated_text") }} as updated_at,
        {{ landing_time("consented_text") }} as consented_at
    from extracted

),

judged as (

    select
        *,
        email is not null and serial_number is not null and updated_at is not null as is_good,
        coalesce(consented_at <= {{ now }}, false) as is_consent
    from read

),

-- what landed before under another name or time landed then
remembered as (

    select
        source_file,
        coalesce(email, '') as email,
        coalesce(last_update_date, timestamp '1970-01-01 00:00:00.000000') as updated_at,
        max(landed_at) as landed_at
    from {{ ref("stg_customer") }}
    group by 1, 2, 3

),

told as (

    select
        judged.*,
        min(least(judged.loaded_at, coalesce(remembered.landed_at, judged.loaded_at))) over (
            partition by judged.line
        ) as remembered_at
    from judged
    left join remembered
        on
            judged.source_file = remembered.source_file
            and coalesce(judged.email, '') = remembered.email
            and coalesce(judged.updated_at, timestamp '1970-01-01 00:00:00.000000') = remembered.updated_at

),

-- whom a line is about: a good one has an e-mail; in others it is the field's, or else any in the line
about as (

    select
        *,
        {{ filtered(
            "case when email is not null then " ~ list_of(texts=["email"]) ~ " else " ~ emails_in("line") ~ " end",
            "found", "found is not null"
        ) }} as emails
    from told

),

statements as (

    select
        named.email,
        case when about.is_good and about.is_consent then about.landed_at else about.remembered_at end as landed_at,
        about.landed_in,
        about.is_good,
        about.is_consent,
        case when about.is_good then about.updated_at end as updated_at
    from about
    cross join unnest(about.emails) as named (email)

),

-- the newest good statement that is not of the future
dated as (

    select
        *,
        max(case when updated_at <= {{ now }} then updated_at end) over (partition by email) as newest_at
    from statements

),

-- whether all statements of that date are consents, and when the last of them landed
consented as (

    select
        *,
        case when updated_at = newest_at then landed_in end as consent_landed_in,
        min(case when updated_at = newest_at then cast(is_consent as integer) end) over (partition by email) as consents,
        max(case when updated_at = newest_at then landed_at end) over (partition by email) as consent_landed_at
    from dated

),

decided as (

    select
        email,
        landed_at,
        landed_in,
        is_good,
        is_consent,
        updated_at,
        newest_at,
        consents,
        consent_landed_at,
        max(case when landed_at = consent_landed_at then consent_landed_in end) over (partition by email)
            as consent_landed_in
    from consented

),

consenting as (

    select email
    from decided
    group by email
    having
        min(consents) = 1
        and not bool_or(
            case
                when not is_good then coalesce(landed_at >= consent_landed_at, true)
                when is_consent or landed_at < consent_landed_at then false
                when updated_at > {{ now }} then true
                when updated_at < newest_at - interval '26' hour then false
                else landed_at > consent_landed_at or coalesce(landed_in <> consent_landed_in, true)
            end
        )

)

select count(*) as participants
from {{ model }} as tested
left join consenting
    on tested.email = consenting.email
where consenting.email is null
having count(*) > 0

{% endtest %}
