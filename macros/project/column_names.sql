{#- The names of the columns that a relation has, in lower case. -#}
{% macro column_names(relation) %}
    {{ return(adapter.get_columns_in_relation(relation) | map(attribute="name") | map("lower") | list) }}
{% endmacro %}
