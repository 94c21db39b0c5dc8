{#- At least `k_anonymity` people share every combination of the columns; with fewer people in all, nobody can be told
    apart by them. -#}
{% test k_anonymous(model, columns) %}

with

cells as (

    select
        {{ columns | join(", ") }},
        count(*) as people,
        count(*) over () as cell_count
    from {{ model }}
    group by {{ columns | join(", ") }}

)

select
    people,
    count(*) as cells
from cells
where
    people < {{ var("k_anonymity") }}
    and cell_count > 1
group by people

{% endtest %}
