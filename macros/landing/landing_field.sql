{#- One known field as text; null when absent, null or nested. `fields` is what `landing_fields(line, names)` gave. -#}
{% macro landing_field(fields, line, names, name) -%}
    {%- if name not in names -%}
        {{ exceptions.raise_compiler_error("landing field " ~ name ~ " is not among " ~ names | join(", ")) }}
    {%- endif -%}
    {{ adapter.dispatch("landing_field", "stedi")(fields, line, names, name) }}
{%- endmacro %}

{% macro default__landing_field(fields, line, names, name) -%}
    {{ unsupported_engine("landing_field") }}
{%- endmacro %}

{% macro athena__landing_field(fields, line, names, name) -%}
    json_extract_scalar({{ fields }}, '$.{{ name }}')
{%- endmacro %}

{#- DuckDB gives a nested value as its text, which must not pass for a value. -#}
{% macro duckdb__landing_field(fields, line, names, name) -%}
    {%- set value = fields ~ "[" ~ (names.index(name) + 1) ~ "]" -%}
    case
        when {{ value }}[1] in ('{', '[') and json_type({{ line }}, '$.{{ name }}') in ('OBJECT', 'ARRAY')
            then null
        else {{ value }}
    end
{%- endmacro %}
