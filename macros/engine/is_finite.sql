{#- Whether a double is neither NaN nor infinite. -#}
{% macro is_finite(number) -%}
    {{ adapter.dispatch("is_finite", "stedi")(number) }}
{%- endmacro %}

{% macro default__is_finite(number) -%}
    {{ unsupported_engine("is_finite") }}
{%- endmacro %}

{% macro athena__is_finite(number) -%}
    is_finite({{ number }})
{%- endmacro %}

{% macro duckdb__is_finite(number) -%}
    isfinite({{ number }})
{%- endmacro %}
