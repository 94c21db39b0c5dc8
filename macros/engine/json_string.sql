{#- What a text means inside the quotes of a JSON string; null when it cannot stand there. -#}
{% macro json_string(text) -%}
    {{ adapter.dispatch("json_string", "stedi")(text) }}
{%- endmacro %}

{% macro default__json_string(text) -%}
    {{ unsupported_engine("json_string") }}
{%- endmacro %}

{% macro athena__json_string(text) -%}
    try(json_extract_scalar(json_parse({{ athena__joined(["'\"'", text, "'\"'"], '') }}), '$'))
{%- endmacro %}

{% macro duckdb__json_string(text) -%}
    case when json_valid('"' || {{ text }} || '"') then json_extract_string('"' || {{ text }} || '"', '$') end
{%- endmacro %}
