{#- Whether a model has a summary; the one that is built if none is given. -#}
{% macro has_summary(node=none) %}
    {% set settings = (node or model).config %}
    {{ return(settings.get("part_time") is not none or settings.materialized == "landed") }}
{% endmacro %}
