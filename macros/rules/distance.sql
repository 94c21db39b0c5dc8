{#- A whole number from 0 to 2147483647 in text, as integer. -#}
{% macro distance(text) -%}
    case
        when {{ whole_number(text) }} between 0 and 2147483647
            then cast({{ whole_number(text) }} as integer)
    end
{%- endmacro %}
