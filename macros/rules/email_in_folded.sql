{#- The e-mail address in a text that is folded already; null where there is none. -#}
{% macro email_in_folded(text) -%}
    {%- set space = white_space() -%}
    {%- set inner = regexp_keep(text, "^[\\s\\S]*<([^<]*)>[" ~ space ~ "]*\\z") -%}
    {%- set address = regexp_keep(trimmed(inner), "^(?i:mailto):([^?]*)(?:[?][\\s\\S]*)?\\z") -%}
    {%- set letter = "[^@" ~ space ~ "]" -%}
    {%- set outer = "[^@" ~ space ~ "\"''“”„‘’«»()<>\\[\\]{},\\x{3b}:.]" -%}
    nullif(regexp_extract(lower({{ trimmed(address) }}), '^{{ outer }}{{ letter }}*@{{ letter }}*{{ outer }}\z'), '')
{%- endmacro %}
