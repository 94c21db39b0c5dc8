{{ config(meta={"parts": {"by": ["participant_id"]}}) }}

with

stg_customer as (

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
        named_participants,
        document_id,
        landed_at,
        landed_in,
        rejection_reason
    from {{ ref("stg_customer") }}

),

-- an exact repeat counts at its first landing
good_records as (

    select
        participant_id,
        device_id,
        name_id,
        last_update_date,
        share_with_research_as_of_date,
        {{ has_consent("share_with_research_as_of_date") }} as shares,
        {{ is_old_enough(
            "birth_day", "share_with_research_as_of_date"
        ) }} as is_old_enough,
        last_update_date > {{ build_clock() }} as is_future,
        min(landed_at) as landed_at,
        min(landed_in) as landed_in
    from stg_customer
    where rejection_reason is null
    group by
        participant_id, device_id, name_id, customer_name, email, phone, birth_day,
        serial_number, registration_date, last_update_date,
        share_with_research_as_of_date, share_with_public_as_of_date,
        share_with_friends_as_of_date

),

dated as (

    select
        *,
        max(case when not is_future then last_update_date end) over (
            partition by participant_id
        ) as deciding_date
    from good_records

),

landed as (

    select
        *,
        max(case when last_update_date = deciding_date then landed_at end) over (
            partition by participant_id
        ) as consent_landed_at
    from dated

),

-- the file of that landing; none where it was several
consented_in as (

    select
        *,
        case
            when
                min(case when is_consent then coalesce(landed_in, '') end)
                    over (partition by participant_id)
                = max(case when is_consent then landed_in end)
                    over (partition by participant_id)
                then max(case when is_consent then landed_in end)
                    over (partition by participant_id)
        end as consent_landed_in
    from (
        select
            *,
            last_update_date = deciding_date
            and landed_at = consent_landed_at as is_consent
        from landed
    ) as landed

),

-- one row per participant: the deciding record, and the own records against it
decided as (

    select
        participant_id,
        max(deciding_date) as deciding_date,
        max(consent_landed_at) as consent_landed_at,
        max(
            case
                when last_update_date = deciding_date
                    then share_with_research_as_of_date
            end
        ) as consent_date,
        coalesce(bool_and(
            case when last_update_date = deciding_date then shares end
        ), false) as shares,
        coalesce(bool_and(
            case when last_update_date = deciding_date then is_old_enough end
        ), false) as is_old_enough,
        coalesce(bool_or(
            not shares
            and case
                when is_future then landed_at >= consent_landed_at
                when landed_at = consent_landed_at
                    then
                        coalesce(landed_in <> consent_landed_in, true)
                        and last_update_date >= deciding_date - interval '26' hour
                else
                    landed_at > consent_landed_at
                    and last_update_date >= deciding_date - interval '26' hour
            end
        ), false) as has_refused,
        max(
            case
                when not shares and is_future then landed_at
                when not shares then last_update_date
            end
        ) as last_refusal
    from consented_in
    group by participant_id

),

rejected_lines as (

    select
        document_id,
        min(named_participants) as named_participants,
        min(landed_at) as landed_at
    from stg_customer
    where named_participants is not null
    group by document_id

),

-- what stood against them in lines of people who were erased since still does
objections as (

    select
        listed as participant_id,
        at_time as landed_at
    from {{ erasure("objection") }} as erasure

),

named_in_lines as (

    {{ each_name(
        "rejected_lines", ["landed_at"], "named_participants", "participant_id"
    ) }}

),

named_by_lines as (

    select
        participant_id,
        landed_at
    from named_in_lines
    union all
    select
        participant_id,
        landed_at
    from objections

),

named as (

    select
        participant_id,
        max(landed_at) as landed_at
    from named_by_lines
    group by participant_id

),

-- the same name and device under several e-mails; no name equals no name
named_records as (

    select
        participant_id,
        device_id,
        coalesce(name_id, 'none') as name_id,
        last_update_date,
        shares,
        is_future,
        landed_at
    from good_records

),

shared_names as (

    select
        participant_id,
        device_id,
        name_id,
        last_update_date,
        shares,
        is_future,
        landed_at,
        min(participant_id) over (
            partition by device_id, name_id
        ) as first_participant_id,
        max(participant_id) over (
            partition by device_id, name_id
        ) as last_participant_id
    from named_records

),

addresses as (

    select distinct
        participant_id,
        device_id,
        name_id
    from shared_names
    where first_participant_id <> last_participant_id

),

new_addresses as (

    select
        decided.participant_id,
        coalesce(bool_or(
            refusals.last_update_date > decided.deciding_date
            and (
                not refusals.is_future
                or refusals.landed_at >= decided.consent_landed_at
            )
        ), false) as has_refused,
        max(
            case
                when refusals.last_update_date <= decided.deciding_date
                    then refusals.last_update_date
            end
        ) as last_refusal
    from decided
    inner join addresses
        on decided.participant_id = addresses.participant_id
    inner join shared_names as refusals
        on
            addresses.device_id = refusals.device_id
            and addresses.name_id = refusals.name_id
            and addresses.participant_id <> refusals.participant_id
    where not refusals.shares
    group by decided.participant_id

),

judged as (

    select
        decided.participant_id,
        case
            when not decided.shares then 'no_consent'
            when decided.has_refused then 'in_doubt'
            when named.landed_at >= decided.consent_landed_at then 'in_doubt'
            when new_addresses.has_refused then 'in_doubt'
            when not decided.is_old_enough then 'below_minimum_age'
            else 'consents'
        end as state,
        greatest(
            decided.consent_date,
            coalesce(decided.last_refusal, decided.consent_date),
            coalesce(named.landed_at, decided.consent_date),
            coalesce(new_addresses.last_refusal, decided.consent_date)
        ) as consented_since
    from decided
    left join named
        on decided.participant_id = named.participant_id
    left join new_addresses
        on decided.participant_id = new_addresses.participant_id

),

described as (

    select
        participant_id,
        cast(state as varchar) as state,
        case when state = 'consents' then consented_since end as consented_since
    from judged

)

select * from described
