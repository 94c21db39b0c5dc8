{#- The one row of the vault as hmac_digits needs it: `keys`, the first one and then one for each rotation. Null where
    the vault has no key: without one a text would stay as it is. `relation`: the vault's table where it cannot be a source. -#}
{% macro keyed_vault(relation=none) -%}
    {{ adapter.dispatch("keyed_vault", "stedi")(relation or source("vault", "pseudonym_key")) }}
{%- endmacro %}

{% macro default__keyed_vault(relation) -%}
    {{ unsupported_engine("keyed_vault") }}
{%- endmacro %}

{% macro athena__keyed_vault(relation) -%}
    (
        select
            case
                when {{ regexp_matches("key_hex", "^([0-9a-fA-F]{64})+$") }}
                    then transform(regexp_extract_all(key_hex, '.{64}'), key -> from_hex(key))
            end as keys
        from {{ relation }}
    )
{%- endmacro %}

{#- Of each key the inner and the outer one of HMAC (RFC 2104), one after the other, in hexadecimal digits. -#}
{% macro duckdb__keyed_vault(relation) -%}
    (
        select
            case
                when {{ regexp_matches("key_hex", "^([0-9a-fA-F]{64})+$") }}
                    then list_transform(
                        list_transform(
                            regexp_extract_all(key_hex, '.{64}'),
                            lambda key: unhex(rpad(key, 128, '0'))::bit
                        ),
                        lambda padded: hex(xor(padded, repeat('00110110', 64)::bit)::blob)
                            || hex(xor(padded, repeat('01011100', 64)::bit)::blob)
                    )
            end as keys
        from {{ relation }}
    )
{%- endmacro %}
