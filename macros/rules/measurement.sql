{#- A finite decimal number in text, as double; minus zero is zero, so that equal readings are equal bytes. -#}
{% macro measurement(text) -%}
    case
        when
            {{ regexp_matches(text, "^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?\\z") }}
            and {{ is_finite("try_cast(" ~ text ~ " as double)") }}
            then try_cast({{ text }} as double) + 0e0
    end
{%- endmacro %}
