{#- Blank lines are no lines: nothing but white space or a byte order mark. -#}
{% macro is_blank_line(line) -%}
    ({{ line }} is null or {{ regexp_matches(line, "^[ \\t\\r\\x{feff}]*$") }})
{%- endmacro %}
