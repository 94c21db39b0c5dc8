{#- A landing line without what may stand around its document: white space, a byte order mark, one comma at the end. -#}
{% macro trimmed_line(line) -%}
    {{ regexp_remove(line, "^[ \\t\\r\\x{feff}]+|[ \\t\\r\\x{feff}]*,?[ \\t\\r\\x{feff}]*$") }}
{%- endmacro %}
