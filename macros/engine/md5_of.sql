{#- The MD5 of a text as 32 hexadecimal digits, as dbt's local_md5 gives it: a name for a text, no protection of it. -#}
{% macro md5_of(text) -%}
    {{ adapter.dispatch("md5_of", "stedi")(text) }}
{%- endmacro %}

{% macro default__md5_of(text) -%}
    {{ unsupported_engine("md5_of") }}
{%- endmacro %}

{% macro athena__md5_of(text) -%}
    lower(to_hex(md5(to_utf8({{ text }}))))
{%- endmacro %}

{% macro duckdb__md5_of(text) -%}
    md5({{ text }})
{%- endmacro %}
