{#- No line is rejected. Counts lines. -#}
{% test no_rejected_lines(model, staging) %}

{{ config(severity="warn", fail_calc="coalesce(sum(line_count), 0)") }}
{{ after_everything() }}

select
    rejection_reason,
    sum(row_count) as line_count
from {{ lines_of(staging) }}
where rejection_reason <> 'erased'
group by rejection_reason

{% endtest %}
