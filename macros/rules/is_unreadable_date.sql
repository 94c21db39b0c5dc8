{#- Whether a text is there that should be a time and is none: neither empty, zero nor `false`, which say that there is no date. -#}
{% macro is_unreadable_date(text) -%}
    {%- set space = "[" ~ white_space() ~ "]*" -%}
    case
        when {{ text }} is null or {{ landing_time(text) }} is not null then false
        when {{ regexp_matches(text, "^" ~ space ~ "([+-]?0*([.]0*)?|false)" ~ space ~ "\\z") }} then false
        else true
    end
{%- endmacro %}
