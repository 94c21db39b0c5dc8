{#- Every e-mail address in a document that could not be read, as a list (docs/rules.md, Whom a rejected customer document names).
    Around each `@`: what stands between two double quotes, and what stands among the characters that an e-mail may have. Which of
    these belong to the e-mail and which are marks around it cannot be told, so every way counts. `text`: after readable_text and
    searchable_text. -#}
{% macro emails_in(text) -%}
    {%- set quote = "\\x{e000}" -%}
    {%- set letter = "\\p{L}\\p{N}\\p{M}" -%}
    {%- set seldom = ["''‘’", "{}/*!#$%^~`", "|=&?"] -%}
    {%- set domain = "^([" ~ letter ~ ".-]*" ~ letter_digit_or_mark() ~ ")" -%}
    {%- set patterns = [(quote ~ "([^" ~ quote ~ "]*)\\z", "^([^" ~ quote ~ "]*)" ~ quote)] -%}
    {%- for allowed in range(4) -%}
        {%- set account = letter ~ "._+" ~ seldom[:allowed] | join ~ "-" -%}
        {%- do patterns.append(("([" ~ account ~ "]+)\\z", domain)) -%}
        {%- do patterns.append(("([" ~ letter ~ "][" ~ account ~ "]*)\\z", domain)) -%}
    {%- endfor -%}
    {%- do patterns.append(("([" ~ letter ~ "._+-]+)\\z", "^([" ~ letter ~ "._+-]*" ~ letter_digit_or_mark() ~ ")")) -%}
    {{ mapped(around_each(text, "@", patterns), "around", email_in_folded("around")) }}
{%- endmacro %}
