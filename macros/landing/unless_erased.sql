{#- A column of which nothing stays in the line of somebody who was erased. -#}
{% macro unless_erased(column) -%}
    case when not is_erased then {{ column }} end
{%- endmacro %}
