{#- Whether the summary is there, with the columns that it should have. -#}
{% macro summary_is_there() %}
    {% set there = load_relation(summary_of()) %}
    {{ return(there is not none and column_names(there) | sort == summary_columns() | sort) }}
{% endmacro %}
