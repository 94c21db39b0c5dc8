{#- The summary of a model's table, for another model to read. Whoever reads it is built after that model. -#}
{% macro summary_source(name) -%}
    {%- do ref(name) if not execute -%}
    {{ source("summary", name ~ "_parts") }}
{%- endmacro %}
