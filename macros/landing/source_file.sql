{#- The file a line came from, relative to the landing root: the same on both engines. -#}
{% macro source_file() -%}
    substr("$path", {{ (landing_root() ~ "/") | length + 1 }})
{%- endmacro %}
