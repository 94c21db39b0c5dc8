{#- A date as text at a level of generalisation: month, quarter, year, then any time. -#}
{% macro month_band(date, level) -%}
    {%- set year = "cast(year(" ~ date ~ ") as varchar)" -%}
    {%- if level == 0 -%}
        coalesce(substr(cast({{ date }} as varchar), 1, 7), 'unknown')
    {%- elif level == 1 -%}
        coalesce({{ year }} || '-Q' || cast(quarter({{ date }}) as varchar), 'unknown')
    {%- elif level == 2 -%}
        coalesce({{ year }}, 'unknown')
    {%- else -%}
        'all'
    {%- endif -%}
{%- endmacro %}
