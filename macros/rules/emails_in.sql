{#- Every e-mail address in a line that could not be read, as a list (docs/rules.md, Whom a rejected customer line names). Around
    each `@`: what stands between two double quotes, and what stands among letters that e-mails usually have, and before the `@`
    also among those that they may have. `text`: the line after decoded_text, twice, and folded. -#}
{% macro emails_in(text) -%}
    {%- set quote = "\\x{e000}" -%}
    {%- set never = white_space() ~ quote ~ "\"“”„«»<>(),:\\x{3b}@\\[\\]\\\\" -%}
    {%- set seldom = ["''‘’", "{}/*!#$%^~`", "|=&?"] -%}
    {%- set usual = never ~ seldom | join -%}
    {%- set patterns = [(quote ~ "([^" ~ quote ~ "]*)\\z", "^([^" ~ quote ~ "]*)" ~ quote)] -%}
    {%- for allowed in range(4) -%}
        {%- do patterns.append((
            "([^" ~ usual ~ ".-][^" ~ never ~ seldom[allowed:] | join ~ "]*)\\z",
            "^([^" ~ usual ~ "]*[^" ~ usual ~ ".-])",
        )) -%}
    {%- endfor -%}
    {{ mapped(around_each(text, "@", patterns), "around", email_in_folded("around")) }}
{%- endmacro %}
