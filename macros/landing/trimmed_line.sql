{#- A landing line without what may stand around its document: white space, a byte order mark, one comma at the end.
    Nearly every line is a bare document already, and a look at both ends is far cheaper. -#}
{% macro trimmed_line(line) -%}
    {%- set text = stripped(line) -%}
    case
        when substr({{ line }}, 1, 1) = '{' and substr({{ line }}, -1) = '}' then {{ line }}
        when substr({{ text }}, -1) = ',' then {{ stripped("substr(" ~ text ~ ", 1, length(" ~ text ~ ") - 1)") }}
        else {{ text }}
    end
{%- endmacro %}
