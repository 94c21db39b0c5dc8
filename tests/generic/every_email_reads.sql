{#- Every text in the column has the shape of an e-mail, once read (docs/rules.md, Reading a value). Counts lines. -#}
{% test every_email_reads(model, documents, column) %}

{{ config(severity="warn", fail_calc="coalesce(sum(line_count), 0)") }}
{{ after_everything() }}

with

texts as (

    select
        {{ column }} as text,
        count(*) as line_count
    from {{ documents }}
    where
        {{ normalised(column) }} is not null
        and {{ every_landing_file() }}
    group by {{ column }}

)

select line_count
from texts
where {{ email_address("text") }} is null

{% endtest %}
