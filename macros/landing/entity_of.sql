{#- The entity of a landing source: customer, accelerometer or step_trainer. -#}
{% macro entity_of(source) %}
    {{ return(source.config.meta.location.split("/")[0]) }}
{% endmacro %}
