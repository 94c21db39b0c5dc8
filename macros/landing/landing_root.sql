{#- Where landing lies, without a slash at the end: a folder, or s3://bucket. -#}
{% macro landing_root() -%}
    {{ return(adapter.dispatch("landing_root", "stedi")()) }}
{%- endmacro %}

{% macro default__landing_root() -%}
    {{ unsupported_engine("landing_root") }}
{%- endmacro %}

{% macro athena__landing_root() -%}
    {{ return("s3://" ~ env_var("STEDI_BUCKET")) }}
{%- endmacro %}

{#- An empty setting is no setting. -#}
{% macro duckdb__landing_root() -%}
    {% set root = env_var("STEDI_LANDING", "") or "data/landing" %}
    {{ return(root.rstrip("/") or "/") }}
{%- endmacro %}
