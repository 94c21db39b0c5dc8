{#- Nobody was younger than so many years at that time, worked out apart from the rule. With `must_be_known`, everybody has a birth day
    too. -#}
{% test nobody_below_age(model, years, at, must_be_known=false) %}

{{ after_everything() }}
{%- set years = years | int %}

select participant_id
from {{ model }}
where
    {{ years }} > 0
    and (
        cast(birth_day as timestamp) + interval '{{ years }}' year > {{ at }}
        {%- if must_be_known %}
        or birth_day is null
        {%- endif %}
    )

{% endtest %}
