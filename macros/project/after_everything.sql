{#- Makes a test wait for the last model, so that it never holds up another: a test that fails must not keep a withdrawal from
    being carried out. -#}
{% macro after_everything() -%}
    -- depends_on: {{ ref("row_outcome") }}
{%- endmacro %}
