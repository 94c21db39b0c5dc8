{#- Every serial number in a line that could not be read, as a list (docs/rules.md, Whom a rejected customer line names). -#}
{% macro serial_numbers_in(line) -%}
    {%- set text = regexp_remove(line, "\\x00") -%}
    {%- set name = "(?i:serial[_ -]?number)[\"'']?\\s*[:=]\\s*" -%}
    {{ list_of(lists=[
        mapped("regexp_extract_all(" ~ text ~ ", '" ~ name ~ "\"([^\"]*)\"', 1)", "stretch", normalised("stretch")),
        mapped("regexp_extract_all(" ~ text ~ ", '" ~ name ~ "''?([^\\s\"'',}\\]]+)', 1)", "stretch", normalised("stretch")),
    ]) }}
{%- endmacro %}
