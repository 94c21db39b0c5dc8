{#- A landing line without what may stand around its document: white space, a byte order mark, one comma at the end.
    Nearly every line is a bare document already, and a look at both ends is far cheaper than the pattern. -#}
{% macro trimmed_line(line) -%}
    case
        when substr({{ line }}, 1, 1) = '{' and substr({{ line }}, -1) = '}' then {{ line }}
        else {{ regexp_remove(line, "^[ \\t\\r\\x{feff}]+|[ \\t\\r\\x{feff}]*,?[ \\t\\r\\x{feff}]*$") }}
    end
{%- endmacro %}
