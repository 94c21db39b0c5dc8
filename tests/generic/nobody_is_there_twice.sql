{#- No two of the table's people have the same name and birth day: it may be one person under several e-mails, who then counts as
    several, and may be in two splits. -#}
{% test nobody_is_there_twice(model, records) %}

{{ config(severity="warn") }}
{{ after_everything() }}

with

named as (

    select distinct
        trusted.participant_id,
        trusted.birth_day,
        records.name_id
    from {{ model }} as trusted
    inner join {{ records }} as records
        on trusted.participant_id = records.participant_id
    where records.rejection_reason is null

),

counted as (

    select
        participant_id,
        -- everybody stands in a group of equals once
        count(*) over (partition by birth_day, name_id) as people
    from named
    where
        birth_day is not null
        and name_id is not null

)

select distinct participant_id
from counted
where people > 1

{% endtest %}
