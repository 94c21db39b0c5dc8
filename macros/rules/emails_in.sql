{#- Every e-mail address in a line that could not be read, as a list (docs/rules.md, Whom a rejected customer line names). -#}
{% macro emails_in(line) -%}
    {%- set text = folded(readable_text(line)) -%}
    {%- set space = white_space() -%}
    {%- set letter = "[^" ~ space ~ "\"''<>(),:;@\\[\\]\\\\{}|=&?/*!#$%^~`]" -%}
    {{ list_of(lists=[
        mapped("regexp_extract_all(" ~ text ~ ", '[^" ~ space ~ "]*@[^" ~ space ~ "]*')", "stretch", email_in_folded("stretch")),
        mapped(
            "regexp_extract_all(" ~ text ~ ", '" ~ letter ~ "+@" ~ letter ~ "+')",
            "stretch",
            email_in_folded(regexp_remove("stretch", "^[.-]+|[.-]+\\z")),
        ),
    ]) }}
{%- endmacro %}

{#- A line's text without quotes and control characters, its JSON escapes decoded where that can be done. -#}
{% macro readable_text(line) -%}
    {%- set text = regexp_space(regexp_remove(line, "\\x00"), "\\\\\"|[\"\\x01-\\x1f\\x7f]") -%}
    coalesce({{ json_string(text) }}, {{ text }})
{%- endmacro %}
