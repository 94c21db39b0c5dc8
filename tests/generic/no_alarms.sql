{#- No quality alarm has this level. -#}
{% test no_alarms(model, level) %}

select
    alarm,
    subject,
    measured
from {{ model }}
where level = '{{ level }}'

{% endtest %}
