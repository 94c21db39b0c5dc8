{#- A whole number in text, as bigint: digits with an optional sign, and perhaps a point and zeros, as pandas writes them. The pattern
    comes first because DuckDB would round `1.5`. -#}
{% macro whole_number(text) -%}
    case when {{ regexp_matches(text, "^[+-]?[0-9]+([.]0+)?\\z") }} then try_cast(split_part({{ text }}, '.', 1) as bigint) end
{%- endmacro %}
