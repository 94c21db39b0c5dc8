{#- A person's name as it is compared: folded, trimmed, lower case; null when nothing is left. -#}
{% macro normalised_name(text) -%}
    nullif(lower({{ trimmed(folded(text)) }}), '')
{%- endmacro %}
