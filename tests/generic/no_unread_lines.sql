{#- The engine reads as many lines of every landing file as were counted apart from it: a line that it drops, for its length or its
    bytes, would be in no outcome. Of every entity that lands, as the manifest has them. On DuckDB; on Athena files are not counted apart. -#}
{% test no_unread_lines(model) %}

with

counted as (

    select
        source_file,
        line_count
    from {{ model }}
    where status = 'read'

),

landed as (

    {%- if execute %}
    {%- for source in landing_sources() if source.config.meta.format == "lines" %}
    {{ "union all" if not loop.first }}
    select
        {{ plain_source_file() }} as source_file,
        count(*) as line_count
    from {{ zone_relation("landing", source.identifier) }}
    group by 1
    {%- endfor %}
    {%- endif %}

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
