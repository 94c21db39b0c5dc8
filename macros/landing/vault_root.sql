{#- Where the vault lies, without a slash at the end. -#}
{% macro vault_root() -%}
    {{ return(adapter.dispatch("vault_root", "stedi")()) }}
{%- endmacro %}

{% macro default__vault_root() -%}
    {{ unsupported_engine("vault_root") }}
{%- endmacro %}

{% macro athena__vault_root() -%}
    {{ return("s3://" ~ env_var("STEDI_BUCKET") ~ "/vault") }}
{%- endmacro %}

{% macro duckdb__vault_root() -%}
    {{ return((env_var("STEDI_VAULT", "") or "data/vault").rstrip("/")) }}
{%- endmacro %}
