{#- Whether a model has a summary; the one that is built if none is given. -#}
{% macro has_summary(node=none) %}
    {% set node = node or model %}
    {{ return(part_spec(node)["time"] is not none or node.config.materialized == "landed") }}
{% endmacro %}
