{#- Every landing file could be read to its end. One that could not is set aside, and the rest is built. -#}
{% test no_unreadable_landing_files(model) %}

select
    source_file,
    reason
from {{ model }}
where status = 'unreadable'

{% endtest %}
