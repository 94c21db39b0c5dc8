{#- A text as an SQL literal. -#}
{% macro quoted(text) %}
    {{ return(dbt.string_literal(dbt.escape_single_quotes(text | string))) }}
{% endmacro %}
