{#- Every e-mail address in a line that could not be read, as a list (docs/rules.md, Whom a rejected customer line names). Around
    each `@`: what stands between two double quotes, and what stands among letters that e-mails usually have. -#}
{% macro emails_in(line) -%}
    {%- set quote = "\\x{e000}" -%}
    {%- set letter = "[^" ~ white_space() ~ quote ~ "\"''“”„‘’«»<>(),:\\x{3b}@\\[\\]\\\\{}|=&?/*!#$%^~`]" -%}
    {%- set found = list_of(lists=[
        mapped(
            around_each("text", "@", quote ~ "([^" ~ quote ~ "]*)\\z", "^([^" ~ quote ~ "]*)" ~ quote),
            "quoted_text",
            email_in_folded("quoted_text"),
        ),
        mapped(
            around_each("text", "@", "(" ~ letter ~ "+)\\z", "^(" ~ letter ~ "+)"),
            "stretch",
            email_in_folded(regexp_remove("stretch", "^[.-]+|[.-]+\\z")),
        ),
    ]) -%}
    {#- Twice, because a text in a document may be a document itself. -#}
    {{ let("plain", plain_text(line), let("once", decoded_text("plain"),
        let("again", plain_text("once"), let("twice", decoded_text("again"),
            let("text", folded("twice"), found)
        ))
    )) }}
{%- endmacro %}

{#- A line's text without control characters. Its double quotes become U+E000, a character that nobody uses, so that the text can
    stand inside a JSON string. -#}
{% macro plain_text(line) -%}
    {%- set text = regexp_space(regexp_remove(line, "\\x00"), "\\\\\"|[\\x01-\\x1f\\x{7f}-\\x{9f}]") -%}
    replace({{ text }}, '"', chr(57344))
{%- endmacro %}

{#- The same with its JSON escapes decoded; backslashes that begin none are dropped. -#}
{% macro decoded_text(plain) -%}
    {%- set hex = "[0-9a-fA-F]" -%}
    {%- set escape = "\\\\u[dD][89abAB]" ~ hex ~ "{2}\\\\u[dD][c-fC-F]" ~ hex ~ "{2}"
        ~ "|\\\\u(?:[0-9abcefABCEF]" ~ hex ~ "{3}|[dD][0-7]" ~ hex ~ "{2})"
        ~ "|\\\\[\\\\/bfnrt]" -%}
    coalesce({{ json_string(regexp_keep(plain, "(" ~ escape ~ ")|\\\\", everywhere=true)) }}, {{ plain }})
{%- endmacro %}
