{#- An expression in which a name stands for a value, so that the value is worked out once. -#}
{% macro let(name, value, expression) -%}
    {{ adapter.dispatch("let", "stedi")(name, value, expression) }}
{%- endmacro %}

{% macro default__let(name, value, expression) -%}
    {{ unsupported_engine("let") }}
{%- endmacro %}

{% macro athena__let(name, value, expression) -%}
    element_at(transform(array[{{ value }}], {{ name }} -> {{ expression }}), 1)
{%- endmacro %}

{% macro duckdb__let(name, value, expression) -%}
    list_transform([{{ value }}], lambda {{ name }}: {{ expression }})[1]
{%- endmacro %}
