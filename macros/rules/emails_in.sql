{#- Every e-mail address in a line that could not be read, as a list (docs/rules.md, Whom a rejected customer line names). -#}
{% macro emails_in(line) -%}
    {%- set text = folded(readable_text(line)) -%}
    {%- set quote = "\\x{e000}" -%}
    {%- set letter = "[^" ~ white_space() ~ quote ~ "\"''<>(),:;@\\[\\]\\\\{}|=&?/*!#$%^~`]" -%}
    {{ list_of(lists=[
        mapped(
            "regexp_extract_all(" ~ text ~ ", '" ~ quote ~ "([^" ~ quote ~ "]*@[^" ~ quote ~ "]*)" ~ quote ~ "', 1)",
            "quoted_text",
            email_in_folded("quoted_text"),
        ),
        mapped(
            "regexp_extract_all(" ~ text ~ ", '" ~ letter ~ "+@" ~ letter ~ "+')",
            "stretch",
            email_in_folded(regexp_remove("stretch", "^[.-]+|[.-]+\\z")),
        ),
    ]) }}
{%- endmacro %}

{#- A line's text without control characters, its JSON escapes decoded where that can be done. Its double quotes become U+E000, a
    character that nobody uses, so that the text can stand inside a JSON string. -#}
{% macro readable_text(line) -%}
    {%- set plain = regexp_space(regexp_remove(line, "\\x00"), "\\\\\"|[\\x01-\\x1f\\x7f]") -%}
    {%- set text = "replace(" ~ plain ~ ", '\"', chr(57344))" -%}
    coalesce({{ json_string(text) }}, {{ text }})
{%- endmacro %}
