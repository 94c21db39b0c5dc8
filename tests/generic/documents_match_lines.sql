{#- A JSON landing table counts the same rows as its twin of lines, blank lines and all, which rules out a SerDe that loses or
    invents rows. -#}
{% test documents_match_lines(model, lines) %}

{{ after_everything() }}

with

documents as (

    select count(*) as row_count
    from {{ model }}
    where {{ every_landing_file() }}

),

landed as (

    select count(*) as row_count
    from {{ lines }}
    where {{ every_landing_file() }}

)

select
    documents.row_count as documents,
    landed.row_count as landed_lines
from documents
cross join landed
where documents.row_count <> landed.row_count

{% endtest %}
