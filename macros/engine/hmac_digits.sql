{#- The first 32 hexadecimal digits of HMAC-SHA256 of a text under the vault key, which keyed_vault must give under the name `vault`. Once the
    key was rotated, those of that pseudonym under the next key, and so on: so the pseudonyms of the erased can be rotated too. -#}
{% macro hmac_digits(text) -%}
    {{ adapter.dispatch("hmac_digits", "stedi")(text) }}
{%- endmacro %}

{% macro default__hmac_digits(text) -%}
    {{ unsupported_engine("hmac_digits") }}
{%- endmacro %}

{% macro athena__hmac_digits(text) -%}
    reduce(
        vault.keys,
        cast({{ text }} as varchar),
        (digits, key) -> substr(lower(to_hex(hmac_sha256(to_utf8(digits), key))), 1, 32),
        digits -> digits
    )
{%- endmacro %}

{#- DuckDB has SHA-256 but no HMAC (RFC 2104): 64 bytes of the inner key and 64 of the outer one. -#}
{% macro duckdb__hmac_digits(text) -%}
    list_reduce(
        vault.keys,
        lambda digits, key: substr(
            sha256(unhex(substr(key, 129)) || unhex(sha256(unhex(substr(key, 1, 128)) || encode(digits)))), 1, 32
        ),
        {{ text }}
    )
{%- endmacro %}
