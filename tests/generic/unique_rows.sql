{#- No two rows agree on all of the columns. -#}
{% test unique_rows(model, columns) %}

with

repeated as (

    select
        {{ columns | join(", ") }},
        count(*) as row_count
    from {{ model }}
    group by {{ columns | join(", ") }}
    having count(*) > 1

)

select count(*) as repeated_keys
from repeated
having count(*) > 0

{% endtest %}
