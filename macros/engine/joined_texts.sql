{#- An aggregate: the texts of a column in order, with a space between. -#}
{% macro joined_texts(column) -%}
    {{ adapter.dispatch("joined_texts", "stedi")(column) }}
{%- endmacro %}

{% macro default__joined_texts(column) -%}
    {{ unsupported_engine("joined_texts") }}
{%- endmacro %}

{% macro athena__joined_texts(column) -%}
    array_join(array_agg({{ column }} order by {{ column }}), ' ')
{%- endmacro %}

{% macro duckdb__joined_texts(column) -%}
    string_agg({{ column }}, ' ' order by {{ column }})
{%- endmacro %}
