{#- A text as it stands; one of more than 1,000 characters is no value. -#}
{% macro short_text(text) -%}
    case when length({{ text }}) <= 1000 then {{ text }} end
{%- endmacro %}
