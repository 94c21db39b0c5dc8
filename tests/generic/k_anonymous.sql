{#- Of the people in a relation, how many share what an attacker may know of them with fewer than `k_anonymity` people: for each set of
    the columns, in percent, at most `below_k_percent`. Where all people share one combination, nobody can be told apart by it.
    `joined_to`: the columns are another relation's, and the people those of them who are in this one. -#}
{% test k_anonymous(model, columns, joined_to=none) %}

with

people as (

    select {{ columns | join(", ") }}
    {%- if joined_to is none %}
    from {{ model }}
    {%- else %}
    from {{ joined_to }}
    where participant_id in (select participant_id from {{ model }})
    {%- endif %}

),

grouped as (

    select
        concat_ws(
            ', ',
            {%- for column in columns %}
            case when grouping({{ column }}) = 0 then '{{ column }}' end{{ "," if not loop.last }}
            {%- endfor %}
        ) as known,
        count(*) as people
    from people
    group by cube ({{ columns | join(", ") }})

),

measured as (

    select
        known,
        sum(people) as people,
        min(people) as smallest_group,
        count(*) as groups_found,
        sum(case when people = 1 then 1 else 0 end) as alone,
        sum(case when people < {{ var("k_anonymity") }} then people else 0 end) as below_k
    from grouped
    where known <> ''
    group by known

)

select * from measured
where
    groups_found > 1
    and 100 * below_k > {{ var("below_k_percent") }} * people

{% endtest %}
