{#- Nobody in the table has the device, or the name, of somebody else who refused after their deciding record: it may be one person
    under two e-mails. Who has both is in doubt already (docs/rules.md, Consent). -#}
{% test nobody_looks_like_who_refused(model, records) %}

{{ config(severity="warn") }}
{{ after_everything() }}

with

trusted as (

    select
        participant_id,
        last_update_date
    from {{ model }}

),

good_records as (

    select distinct
        participant_id,
        device_id,
        name_id,
        last_update_date,
        {{ has_consent("share_with_research_as_of_date") }} as has_consent
    from {{ records }}
    where rejection_reason is null

),

likenesses as (

    select distinct
        trusted.participant_id,
        trusted.last_update_date,
        good_records.device_id,
        good_records.name_id
    from trusted
    inner join good_records
        on trusted.participant_id = good_records.participant_id

),

refusals as (

    select
        participant_id,
        device_id,
        name_id,
        max(last_update_date) as last_update_date
    from good_records
    where not has_consent
    group by participant_id, device_id, name_id

),

alike as (

    select likenesses.participant_id
    from likenesses
    inner join refusals
        on
            likenesses.device_id = refusals.device_id
            and likenesses.name_id is distinct from refusals.name_id
    where
        likenesses.participant_id <> refusals.participant_id
        and likenesses.last_update_date < refusals.last_update_date
    union
    select likenesses.participant_id
    from likenesses
    inner join refusals
        on
            likenesses.name_id = refusals.name_id
            and likenesses.device_id <> refusals.device_id
    where
        likenesses.participant_id <> refusals.participant_id
        and likenesses.last_update_date < refusals.last_update_date

)

select participant_id
from alike

{% endtest %}
