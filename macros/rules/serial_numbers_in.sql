{#- Every serial number in a text, as a list (docs/rules.md, Whom a rejected customer document names). -#}
{% macro serial_numbers_in(text) -%}
    {%- set space = white_space() -%}
    {%- set quote = "\"\\x{e000}" -%}
    {%- set found = "regexp_extract_all(" ~ regexp_remove(text, "\\x00") ~ ", '(?i:serial[_ -]?number)[" ~ quote ~ "'']?[" ~ space ~ "]*[:=]["
        ~ space ~ "]*(?:[" ~ quote ~ "]([^" ~ quote ~ "]*)[" ~ quote ~ "]|[" ~ quote ~ "'']?([^" ~ space ~ quote ~ "'',}\\]]+))', " -%}
    {{ list_of(lists=[
        mapped(found ~ "1)", "quoted_text", normalised("quoted_text")),
        mapped(found ~ "2)", "stretch", normalised("stretch")),
    ]) }}
{%- endmacro %}
