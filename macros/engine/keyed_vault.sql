{#- The one row of the vault as hmac_digits needs it. -#}
{% macro keyed_vault() -%}
    {{ adapter.dispatch("keyed_vault", "stedi")() }}
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
