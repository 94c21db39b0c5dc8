{#- Staging has as many rows as landing has lines (blank lines are no lines). -#}
{% test staging_has_every_landing_line(model, lines) %}

with

staged as (

    select count(*) as row_count
    from {{ model }}

),

landed as (

    select count(*) as row_count
    from {{ lines }}
    where not {{ is_blank_line("line") }}

)

select
    staged.row_count as staged_rows,
    landed.row_count as landed_lines
from staged
cross join landed
where staged.row_count <> landed.row_count

{% endtest %}
