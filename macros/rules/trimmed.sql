{#- A text without white space around it, as Unicode defines white space. -#}
{% macro trimmed(text) -%}
    {{ regexp_remove(text, "^[" ~ white_space() ~ "]+|[" ~ white_space() ~ "]+\\z") }}
{%- endmacro %}
