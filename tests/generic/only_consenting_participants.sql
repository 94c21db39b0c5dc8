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

landed as (

    select
        {{ trimmed_line("line") }} as line,
        min({{ loaded_at() }}) as landed_at
    from {{ source("landing", "customer_landing_lines") }}
    where not {{ is_blank_line("line") }}
    group by 1

),

parsed as (

    select
        line,
        landed_at,
        {{ landing_fields("line", names, no_repeats=true) }} as fields
    from landed

),

read as (

    select
        line,
        landed_at,
        {{ email_address(landing_field("fields", "line", names, "email")) }} as email,
        {{ normalised(landing_field("fields", "line", names, "serialNumber")) }} as serial_number,
        {{ landing_time(landing_field("fields", "line", names, "lastUpdateDate")) }} as updated_at,
        {{ landing_time(landing_field("fields", "line", names, "shareWithResearchAsOfDate")) }} as consented_at
    from parsed

),

statements as (

    select
        *,
        email is not null and serial_number is not null and updated_at is not null as is_good,
        coalesce(consented_at <= {{ now }}, false) as is_consent
    from read

),

-- the newest good statement that is not of the future, and when a consent of that date landed last
newest as (

    select
        email,
        max(updated_at) as updated_at
    from statements
    where
        is_good
        and updated_at <= {{ now }}
    group by email

),

consents as (

    select
        newest.email,
        newest.updated_at,
        max(statements.landed_at) as landed_at
    from newest
    inner join statements
        on
            newest.email = statements.email
            and newest.updated_at = statements.updated_at
    where statements.is_good
    group by newest.email, newest.updated_at
    having min(case when statements.is_consent then 1 else 0 end) = 1

),

refused as (

    select distinct consents.email
    from consents
    inner join statements
        on consents.email = statements.email
    where
        statements.is_good
        and not statements.is_consent
        and statements.landed_at >= consents.landed_at
        and (
            statements.updated_at > {{ now }}
            or (
                statements.landed_at > consents.landed_at
                and statements.updated_at > consents.updated_at - interval '1' day
            )
        )

),

-- whoever stands in a line that could not be read: by its field, else anywhere in it
unread as (

    select
        statements.landed_at,
        {{ filtered(
            "case when email is not null then " ~ list_of(texts=["email"]) ~ " else " ~ emails_in("line") ~ " end",
            "found", "found is not null"
        ) }} as emails
    from statements
    where not is_good

),

unread_lines as (

    select
        named.email,
        max(unread.landed_at) as landed_at
    from unread
    cross join unnest(unread.emails) as named (email)
    group by named.email

),

consenting as (

    select customer_trusted.participant_id
    from {{ ref("customer_trusted") }} as customer_trusted
    inner join consents
        on customer_trusted.email = consents.email
    left join refused
        on consents.email = refused.email
    left join unread_lines
        on consents.email = unread_lines.email
    where
        refused.email is null
        and coalesce(unread_lines.landed_at < consents.landed_at, true)

)

select
    tested.participant_id,
    count(*) as row_count
from {{ model }} as tested
left join consenting
    on tested.participant_id = consenting.participant_id
where consenting.participant_id is null
group by tested.participant_id

{% endtest %}
