{#- A text of which bytes that are not UTF-8 are replaced. Athena keeps them in a text; DuckDB has no such text. -#}
{% macro valid_utf_8(text) -%}
    {{ adapter.dispatch("valid_utf_8", "stedi")(text) }}
{%- endmacro %}

{% macro default__valid_utf_8(text) -%}
    {{ unsupported_engine("valid_utf_8") }}
{%- endmacro %}

{% macro athena__valid_utf_8(text) -%}
    from_utf8(to_utf8({{ text }}))
{%- endmacro %}

{% macro duckdb__valid_utf_8(text) -%}
    {{ text }}
{%- endmacro %}
