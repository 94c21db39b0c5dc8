{#- The staging models that read landing. -#}
{% macro landed_models() %}
    {{ return(project_models() | selectattr("config.materialized", "equalto", "landed") | list) }}
{% endmacro %}
