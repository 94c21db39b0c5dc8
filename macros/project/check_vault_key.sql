{#- Without the one true key pseudonyms would be wrong or reversible, so there is no default.
    Only lengths are read: the key itself never becomes a query result. -#}
{% macro check_vault_key() %}
    {% set key = run_query(
        "select count(*), min(length(key_hex)), count(case when "
        ~ regexp_matches("key_hex", "^[0-9a-fA-F]{64}$") ~ " then 1 end) from "
        ~ source("vault", "pseudonym_key")
    ).rows[0] %}
    {% if key[0] != 1 or key[2] != 1 %}
        {{ exceptions.raise_compiler_error(
            "the vault key in " ~ vault_root() ~ "/pseudonym_key must be one line of 64 hexadecimal digits (32 bytes); found "
            ~ key[0] ~ " line(s)" ~ ("" if key[1] is none else ", the shortest of " ~ key[1] ~ " characters")
            ~ ". Restore the key from its backup"
        ) }}
    {% endif %}
{% endmacro %}
