{#- An age as text at a level of generalisation: ten years, twenty years, then everybody. -#}
{% macro age_band(age, level) -%}
    {%- if level >= 2 -%}
        'all'
    {%- else -%}
        {%- set width = [10, 20][level] -%}
        coalesce(
            cast({{ age }} - {{ age }} % {{ width }} as varchar)
            || '-' || cast({{ age }} - {{ age }} % {{ width }} + {{ width - 1 }} as varchar),
            'unknown'
        )
    {%- endif -%}
{%- endmacro %}
