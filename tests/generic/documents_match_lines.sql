{#- A JSON landing table counts the same rows as its twin of lines, blank lines and all, which rules out a SerDe that loses or
    invents rows. It only warns: the Athena guide says of the SerDe that it may, and nothing is built from what it reads - staging reads
    the lines. -#}
{% test documents_match_lines(model, lines) %}

{{ config(severity="warn") }}

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
