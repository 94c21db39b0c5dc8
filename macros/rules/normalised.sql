{#- A serial number as it is compared and pseudonymised: trimmed, lower case; null when nothing is left. -#}
{% macro normalised(text) -%}
    nullif(lower({{ trimmed(text) }}), '')
{%- endmacro %}
