{#- An expression in which a name stands for a value, so that the value is worked out once. -#}
{% macro let(name, value, expression) -%}
    {{ mapped(list_of(texts=[value]), name, expression) }}[1]
{%- endmacro %}
