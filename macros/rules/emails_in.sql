{#- Every e-mail address in a line that could not be read, as a list (docs/rules.md, Whom a rejected customer line names). Around
    each `@`: what stands between two double quotes, and what stands among letters that e-mails usually have. `text`: the line after
    decoded_text, twice, and folded. -#}
{% macro emails_in(text) -%}
    {%- set quote = "\\x{e000}" -%}
    {%- set letter = "[^" ~ white_space() ~ quote ~ "\"''“”„‘’«»<>(),:\\x{3b}@\\[\\]\\\\{}|=&?/*!#$%^~`]" -%}
    {{ list_of(lists=[
        mapped(
            around_each(text, "@", quote ~ "([^" ~ quote ~ "]*)\\z", "^([^" ~ quote ~ "]*)" ~ quote),
            "quoted_text",
            email_in_folded("quoted_text"),
        ),
        mapped(
            around_each(text, "@", "(" ~ letter ~ "+)\\z", "^(" ~ letter ~ "+)"),
            "stretch",
            email_in_folded(regexp_remove("stretch", "^[.-]+|[.-]+\\z")),
        ),
    ]) }}
{%- endmacro %}
