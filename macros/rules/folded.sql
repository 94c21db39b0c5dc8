{#- A text in which the ways to write one letter are one: without format characters, NFKC. -#}
{% macro folded(text) -%}
    case
        when {{ regexp_matches(text, "[^\\x00-\\x7f]") }}
            then {{ nfkc(regexp_remove(text, "[" ~ format_characters() ~ "]")) }}
        else {{ text }}
    end
{%- endmacro %}
