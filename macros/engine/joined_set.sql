{#- The different texts of a list in order, with a space between; null when there are none. -#}
{% macro joined_set(list) -%}
    {{ adapter.dispatch("joined_set", "stedi")(list) }}
{%- endmacro %}

{% macro default__joined_set(list) -%}
    {{ unsupported_engine("joined_set") }}
{%- endmacro %}

{% macro athena__joined_set(list) -%}
    nullif(array_join(array_sort(array_distinct({{ list }})), ' '), '')
{%- endmacro %}

{% macro duckdb__joined_set(list) -%}
    nullif(array_to_string(list_sort(list_distinct({{ list }})), ' '), '')
{%- endmacro %}
