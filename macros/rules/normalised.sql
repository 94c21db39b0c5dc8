{#- An e-mail or serial number as it is compared and pseudonymised: no white space around it (as Unicode defines white
    space), lower case; null when nothing is left. -#}
{% macro normalised(text) -%}
    {%- set space = "\\x{09}-\\x{0d}\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}" -%}
    nullif(lower({{ regexp_remove(text, "^[" ~ space ~ "]+|[" ~ space ~ "]+\\z") }}), '')
{%- endmacro %}
