{#- Whether the summary is there, with the columns that it should have. -#}
{% macro summary_is_there() %}
    {% set there = load_relation(summary_of()) %}
    {% if there is none %}
        {{ return(false) }}
    {% endif %}
    {% set columns = adapter.get_columns_in_relation(there) | map(attribute="name") | map("lower") | sort %}
    {{ return(columns == summary_columns() | sort) }}
{% endmacro %}
