{#- The values of a list of texts under an expression; `element` is the name that the expression gives each. -#}
{% macro mapped(list, element, expression) -%}
    {{ adapter.dispatch("mapped", "stedi")(list, element, expression) }}
{%- endmacro %}

{% macro default__mapped(list, element, expression) -%}
    {{ unsupported_engine("mapped") }}
{%- endmacro %}

{% macro athena__mapped(list, element, expression) -%}
    transform({{ list }}, {{ element }} -> {{ expression }})
{%- endmacro %}

{% macro duckdb__mapped(list, element, expression) -%}
    list_transform({{ list }}, lambda {{ element }}: {{ expression }})
{%- endmacro %}
