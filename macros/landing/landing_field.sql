{#- One known field as text; null when absent, null or nested. `fields` is what `landing_fields(line, names)` gave. `is_whole`: of a
    whole number, of which DuckDB must not say that it was spelled as one. -#}
{% macro landing_field(fields, line, names, name, is_whole=false) -%}
    {%- if name not in names -%}
        {{ exceptions.raise_compiler_error("landing field " ~ name ~ " is not among " ~ names | join(", ")) }}
    {%- endif -%}
    {{ adapter.dispatch("landing_field", "stedi")(fields, line, names, name, is_whole) }}
{%- endmacro %}

{% macro default__landing_field(fields, line, names, name, is_whole) -%}
    {{ unsupported_engine("landing_field") }}
{%- endmacro %}

{% macro athena__landing_field(fields, line, names, name, is_whole) -%}
    json_extract_scalar({{ fields }}, '$.{{ name }}')
{%- endmacro %}

{#- DuckDB gives a nested value as its text, which must not pass for a value, and `1.7E12` as `1700000000000.0`. -#}
{% macro duckdb__landing_field(fields, line, names, name, is_whole) -%}
    {%- set value = fields ~ "[" ~ (names.index(name) + 1) ~ "]" -%}
    case
        when {{ value }}[1] in ('{', '[') and json_type({{ line }}, '$.{{ name }}') in ('OBJECT', 'ARRAY')
            then null
        {%- if is_whole %}
        when suffix({{ value }}, '.0') and not contains({{ line }}, {{ value }}) then {{ value }} || 'E0'
        {%- endif %}
        else {{ value }}
    end
{%- endmacro %}
