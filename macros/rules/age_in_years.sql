{#- Whole years from a birth day to a time; null when unknown or outside 0 to 120. -#}
{% macro age_in_years(birth_day, at) -%}
    {%- set years -%}
        year({{ at }}) - year({{ birth_day }})
        - case when month({{ at }}) * 100 + day({{ at }}) < month({{ birth_day }}) * 100 + day({{ birth_day }}) then 1 else 0 end
    {%- endset -%}
    case when {{ years }} between 0 and 120 then {{ years }} end
{%- endmacro %}
