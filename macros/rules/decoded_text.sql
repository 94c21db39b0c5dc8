{#- A line's text without control characters and with its JSON escapes decoded; backslashes that begin none are dropped. Its double
    quotes become U+E000, a character that nobody uses, so that the text can stand inside a JSON string. -#}
{% macro decoded_text(line) -%}
    {%- set text = regexp_space(regexp_remove(line, "\\x00"), "\\\\\"|[\\x01-\\x1f\\x{7f}-\\x{9f}]") -%}
    {%- set plain = "replace(" ~ text ~ ", '\"', chr(57344))" -%}
    {%- set hex = "[0-9a-fA-F]" -%}
    {%- set escape = "\\\\u[dD][89abAB]" ~ hex ~ "{2}\\\\u[dD][c-fC-F]" ~ hex ~ "{2}"
        ~ "|\\\\u(?:[0-9abcefABCEF]" ~ hex ~ "{3}|[dD][0-7]" ~ hex ~ "{2})"
        ~ "|\\\\[\\\\/bfnrt]" -%}
    coalesce({{ json_string(regexp_keep(plain, "(" ~ escape ~ ")|\\\\", everywhere=true)) }}, {{ plain }})
{%- endmacro %}
