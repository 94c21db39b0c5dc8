{#- A serial number as it is compared and pseudonymised: trimmed, lower case; null when nothing is left, or it is very long. -#}
{% macro normalised(text) -%}
    case when length({{ text }}) <= 1000 then nullif(lower({{ trimmed(text) }}), '') end
{%- endmacro %}
