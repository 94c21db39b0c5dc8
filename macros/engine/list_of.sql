{#- A list of the given texts (SQL expressions), and of the given lists, one after the other. -#}
{% macro list_of(texts=[], lists=[]) -%}
    {{ adapter.dispatch("list_of", "stedi")(texts, lists) }}
{%- endmacro %}

{% macro default__list_of(texts, lists) -%}
    {{ unsupported_engine("list_of") }}
{%- endmacro %}

{% macro athena__list_of(texts, lists) -%}
    {%- set parts = lists | list -%}
    {%- do parts.append("array[" ~ texts | join(", ") ~ "]") if texts -%}
    {{ parts | join(" || ") }}
{%- endmacro %}

{% macro duckdb__list_of(texts, lists) -%}
    {%- set parts = lists | list -%}
    {%- do parts.append("[" ~ texts | join(", ") ~ "]") if texts -%}
    {{ parts | join(" || ") }}
{%- endmacro %}
