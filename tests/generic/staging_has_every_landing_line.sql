{#- Staging has, of every landing file that it read, as many rows as the file has documents, and it read
    every file that was there when the build began. Files that came or changed since wait for the next build. -#}
{% test staging_has_every_landing_line(model, lines) %}

{{ after_everything() }}

with

staged as (

    select
        source_file,
        max(loaded_at) as loaded_at,
        count(*) as row_count
    from {{ model }}
    where not {{ may_be_personal("source_file") }}
    group by source_file

),

landed as (

    select
        source_file,
        loaded_at,
        count(*) as row_count
    from ({{ landing_documents(lines, with_key=false) }}) as documents
    group by source_file, loaded_at

),

compared as (

    select
        coalesce(staged.source_file, landed.source_file) as source_file,
        staged.row_count as staged_rows,
        landed.row_count as landed_lines,
        landed.loaded_at
    from staged
    full outer join landed
        on
            staged.source_file = landed.source_file
            and staged.loaded_at = landed.loaded_at

)

select
    source_file,
    staged_rows,
    landed_lines
from compared
where
    coalesce(staged_rows, 0) <> coalesce(landed_lines, 0)
    and not {{ may_be_personal("source_file") }}
    and not {{ came_since_the_build("source_file", "loaded_at") }}

{% endtest %}
