{#- A whole number in text, as bigint: digits with an optional sign. The pattern comes first because DuckDB would round '1.5'. -#}
{% macro whole_number(text) -%}
    case when {{ regexp_matches(text, "^[+-]?[0-9]+\\z") }} then try_cast({{ text }} as bigint) end
{%- endmacro %}
