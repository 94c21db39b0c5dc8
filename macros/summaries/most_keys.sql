{#- Of more keys than these no list is kept in a query's text. -#}
{% macro most_keys() %}
    {{ return(500) }}
{% endmacro %}
