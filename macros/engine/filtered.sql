{#- The texts of a list for which a condition holds; `element` is the name that the condition gives each. -#}
{% macro filtered(list, element, condition) -%}
    {{ adapter.dispatch("filtered", "stedi")(list, element, condition) }}
{%- endmacro %}

{% macro default__filtered(list, element, condition) -%}
    {{ unsupported_engine("filtered") }}
{%- endmacro %}

{% macro athena__filtered(list, element, condition) -%}
    filter({{ list }}, {{ element }} -> {{ condition }})
{%- endmacro %}

{% macro duckdb__filtered(list, element, condition) -%}
    list_filter({{ list }}, lambda {{ element }}: {{ condition }})
{%- endmacro %}
