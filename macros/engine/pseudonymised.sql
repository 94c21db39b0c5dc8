{#- The rows of `relation` with, for each pair {column: pseudonym}, one more column: the first 32 hexadecimal digits of
    HMAC-SHA256 of the normalised column under the vault key; null for no value. The key is joined in, never written into the SQL. -#}
{% macro pseudonymised(relation, columns) -%}
    {{ adapter.dispatch("pseudonymised", "stedi")(relation, columns) }}
{%- endmacro %}

{% macro default__pseudonymised(relation, columns) -%}
    {{ unsupported_engine("pseudonymised") }}
{%- endmacro %}

{% macro athena__pseudonymised(relation, columns) -%}
    select
        {{ relation }}.*,
        {%- for column, pseudonym in columns.items() %}
        substr(
            lower(to_hex(hmac_sha256(to_utf8({{ normalised(relation ~ "." ~ column) }}), from_hex(vault.key_hex)))), 1, 32
        ) as {{ pseudonym }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    cross join {{ source("vault", "pseudonym_key") }} as vault
{%- endmacro %}

{#- DuckDB has SHA-256 but no HMAC (RFC 2104). Worked out line by line: once for each person would be less work, but to
    find the people every line must be held in memory. -#}
{% macro duckdb__pseudonymised(relation, columns) -%}
    select
        {{ relation }}.*,
        {%- for column, pseudonym in columns.items() %}
        substr(
            sha256(outer_key || unhex(sha256(inner_key || encode({{ normalised(relation ~ "." ~ column) }})))), 1, 32
        ) as {{ pseudonym }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    cross join (
        select
            xor(padded, repeat('00110110', 64)::bit)::blob as inner_key,
            xor(padded, repeat('01011100', 64)::bit)::blob as outer_key
        from (select unhex(rpad(key_hex, 128, '0'))::bit as padded from {{ source("vault", "pseudonym_key") }})
    ) as vault
{%- endmacro %}
