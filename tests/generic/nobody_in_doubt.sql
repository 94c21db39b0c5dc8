{#- Nobody would consent but for something that stands against it (docs/rules.md, Consent). -#}
{% test nobody_in_doubt(model) %}

{{ config(severity="warn") }}
{{ after_everything() }}

select participant_id
from {{ model }}
where state = 'in_doubt'

{% endtest %}
