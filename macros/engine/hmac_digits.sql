{#- The first 32 hexadecimal digits of HMAC-SHA256 of a text under the vault key, which keyed_vault must give under the name `vault`. -#}
{% macro hmac_digits(text) -%}
    {{ adapter.dispatch("hmac_digits", "stedi")(text) }}
{%- endmacro %}

{% macro default__hmac_digits(text) -%}
    {{ unsupported_engine("hmac_digits") }}
{%- endmacro %}

{% macro athena__hmac_digits(text) -%}
    substr(lower(to_hex(hmac_sha256(to_utf8({{ text }}), from_hex(vault.key_hex)))), 1, 32)
{%- endmacro %}

{#- DuckDB has SHA-256 but no HMAC (RFC 2104). -#}
{% macro duckdb__hmac_digits(text) -%}
    substr(sha256(vault.outer_key || unhex(sha256(vault.inner_key || encode({{ text }})))), 1, 32)
{%- endmacro %}
