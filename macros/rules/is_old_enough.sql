{#- Whether somebody was at least `minimum_age` years old on the consent date, which has to be known: without a birth day to read nobody
    can tell. True of everybody where the variable is 0. -#}
{% macro is_old_enough(birth_day, consent_date) -%}
    {%- if var("minimum_age") == 0 -%}
        true
    {%- else -%}
        coalesce({{ age_in_years(birth_day, consent_date) }} >= {{ var("minimum_age") }}, false)
    {%- endif -%}
{%- endmacro %}
