{#- The e-mail address in a text that is folded already; null where there is none, or more than one `@`. -#}
{% macro email_in_folded(text) -%}
    {%- set space = white_space() -%}
    {%- set inner = regexp_keep(text, "^[\\s\\S]*<([^<]*)>[" ~ space ~ "]*\\z") -%}
    {%- set address = regexp_keep(trimmed(inner), "^(?i:mailto):([^?]*)(?:[?][\\s\\S]*)?\\z") -%}
    {%- set letter = "[^@" ~ space ~ "]" -%}
    {%- set first = "[\\p{L}\\p{N}\\p{M}_+!#$%&/=?^~.-]" -%}
    case
        when length({{ text }}) = length(replace({{ text }}, '@', '')) + 1
            then nullif(
                regexp_extract(
                    lower({{ trimmed(address) }}), '^{{ first }}{{ letter }}*@{{ letter }}*{{ letter_digit_or_mark() }}\z'
                ), ''
            )
    end
{%- endmacro %}
