{#- Every serial number in a line that could not be read, as a list (docs/rules.md, Whom a rejected customer line names). -#}
{% macro serial_numbers_in(line) -%}
    {%- set space = white_space() -%}
    {%- set found = "regexp_extract_all(" ~ regexp_remove(line, "\\x00") ~ ", '(?i:serial[_ -]?number)[\"'']?[" ~ space ~ "]*[:=]["
        ~ space ~ "]*(?:\"([^\"]*)\"|[\"'']?([^" ~ space ~ "\"'',}\\]]+))', " -%}
    {{ list_of(lists=[
        mapped(found ~ "1)", "quoted_text", normalised("quoted_text")),
        mapped(found ~ "2)", "stretch", normalised("stretch")),
    ]) }}
{%- endmacro %}
