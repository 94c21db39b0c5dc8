{#- The rows of `relation` with more columns: for each pair {column: pseudonym} of `columns` the first 32 hexadecimal digits of
    HMAC-SHA256 of the column's text under the vault key, null for no value; for each pair of `lists` those of a list's texts,
    joined (joined_set). The key is joined in, never written into the SQL. -#}
{% macro pseudonymised(relation, columns, lists={}) -%}
    {%- set hmac = adapter.dispatch("hmac_digits", "stedi") -%}
    select
        {{ relation }}.*,
        {%- for column, pseudonym in columns.items() %}
        {{ hmac(relation ~ "." ~ column) }} as {{ pseudonym }}{{ "," if not loop.last or lists }}
        {%- endfor %}
        {%- for column, pseudonyms in lists.items() %}
        {{ joined_set(mapped(
            filtered(relation ~ "." ~ column, "listed", "listed is not null"), "listed", hmac("listed")
        )) }} as {{ pseudonyms }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    cross join {{ adapter.dispatch("keyed_vault", "stedi")() }} as vault
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

{% macro default__keyed_vault() -%}
    {{ unsupported_engine("keyed_vault") }}
{%- endmacro %}

{% macro athena__keyed_vault() -%}
    {{ source("vault", "pseudonym_key") }}
{%- endmacro %}

{% macro duckdb__keyed_vault() -%}
    (
        select
            xor(padded, repeat('00110110', 64)::bit)::blob as inner_key,
            xor(padded, repeat('01011100', 64)::bit)::blob as outer_key
        from (select unhex(rpad(key_hex, 128, '0'))::bit as padded from {{ source("vault", "pseudonym_key") }})
    )
{%- endmacro %}
