{#- The landing file of a line for a test, which has no vault key: as source_file(), but a name that may be personal data stays. -#}
{% macro plain_source_file() -%}
    {{ adapter.dispatch("plain_source_file", "stedi")() }}
{%- endmacro %}

{% macro default__plain_source_file() -%}
    {{ unsupported_engine("plain_source_file") }}
{%- endmacro %}

{% macro athena__plain_source_file() -%}
    substr("$path", {{ (landing_root() ~ "/") | length + 1 }})
{%- endmacro %}

{% macro duckdb__plain_source_file() -%}
    source_file
{%- endmacro %}
