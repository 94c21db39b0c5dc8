{#- A registration date as text at a level of generalisation: month, quarter, year, then any time. -#}
{% macro registration_month(registration_date, level) -%}
    {%- set year = "cast(year(" ~ registration_date ~ ") as varchar)" -%}
    {%- if level == 0 -%}
        coalesce(substr(cast({{ registration_date }} as varchar), 1, 7), 'unknown')
    {%- elif level == 1 -%}
        coalesce({{ year }} || '-Q' || cast(quarter({{ registration_date }}) as varchar), 'unknown')
    {%- elif level == 2 -%}
        coalesce({{ year }}, 'unknown')
    {%- else -%}
        'all'
    {%- endif -%}
{%- endmacro %}
