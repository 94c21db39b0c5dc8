{#- A text in which the ways to write one letter are one: NFKC, without format characters. -#}
{% macro folded(text) -%}
    case
        when {{ regexp_matches(text, "[^\\x00-\\x7f]") }}
            then {{ regexp_remove(nfkc(text), "\\p{Cf}") }}
        else {{ text }}
    end
{%- endmacro %}
