{#- A day in text as date; null when it is not YYYY-MM-DD or does not exist. -#}
{% macro birth_day(text) -%}
    case when {{ text }} not like '0000%' and {{ regexp_matches(text, "^[0-9]{4}-[0-9]{2}-[0-9]{2}\\z") }} then try_cast({{ text }} as date) end
{%- endmacro %}
