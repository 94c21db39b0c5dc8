{#- The engine reads as many lines of every landing file as were counted apart from it: a line that it drops, for its length or its
    bytes, would be in no outcome. On DuckDB; on Athena files are not counted apart. -#}
{% test no_unread_lines(model, entity, lines) %}

with

counted as (

    select
        source_file,
        line_count
    from {{ model }}
    where
        entity = '{{ entity }}'
        and status = 'read'

),

landed as (

    select
        {{ plain_source_file() }} as source_file,
        count(*) as line_count
    from {{ lines }}
    group by 1

)

select
    counted.source_file,
    counted.line_count as counted_lines,
    landed.line_count as landed_lines
from counted
left join landed
    on counted.source_file = landed.source_file
where
    counted.line_count <> coalesce(landed.line_count, 0)
    and not {{ came_since_the_build("counted.source_file", "null") }}

{% endtest %}
