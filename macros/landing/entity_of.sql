{#- The entity of a landing source, such as customer: the folder in which it lands. -#}
{% macro entity_of(source) %}
    {{ return(source.config.meta.location.split("/")[0]) }}
{% endmacro %}
