{#- Whether the model that is built has a summary. -#}
{% macro has_summary() %}
    {{ return(config.get("part_time") is not none or config.get("materialized") == "landed") }}
{% endmacro %}
