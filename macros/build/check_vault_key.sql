{#- Without the one true key pseudonyms would be wrong or reversible, so there is no default, and a key that others could have
    written is none. The key itself never becomes a query result. -#}
{% macro check_vault_key() %}
    {{ adapter.dispatch("check_vault_key", "stedi")() }}
{% endmacro %}

{% macro default__check_vault_key() %}
    {{ unsupported_engine("check_vault_key") }}
{% endmacro %}

{% macro duckdb__check_vault_key() %}
    {% set problem = fromjson(run_query("select stedi_vault_problem(" ~ quoted(vault_root()) ~ ")").rows[0][0]) %}
    {% if problem["error"] %}
        {{ exceptions.raise_compiler_error(problem["error"]) }}
    {% elif problem["warning"] %}
        {% do exceptions.warn(problem["warning"]) %}
    {% endif %}
{% endmacro %}

{#- The fingerprint is taken in the same statement. -#}
{% macro athena__check_vault_key() %}
    {% set relation = source("vault", "pseudonym_key") %}
    {% if load_relation(relation) is none %}
        {{ exceptions.raise_compiler_error(
            "there is no table " ~ relation.schema ~ "." ~ relation.identifier
            ~ ": run `dbt run-operation create_landing_tables --target athena` first"
        ) }}
    {% endif %}
    {% set key = run_query(
        "select count(*), count(keys), max(" ~ hmac_digits(fingerprinted_text()) ~ ") from " ~ keyed_vault() ~ " as vault"
    ).rows[0] %}
    {% if key[0] == 0 %}
        {{ exceptions.raise_compiler_error(
            "there is no vault key at " ~ vault_root() ~ "/pseudonym_key/: put yours there (`stedi key upload`)"
        ) }}
    {% elif key[0] != 1 or key[1] != 1 %}
        {{ exceptions.raise_compiler_error(
            "the vault key at " ~ vault_root() ~ "/pseudonym_key/ must be one line of 64 hexadecimal digits, and 64 more for each rotation; found "
            ~ key[0] ~ " line(s): restore the key from its backup"
        ) }}
    {% endif %}
    {% do build_memory().update({"key_fingerprint": key[2]}) %}
{% endmacro %}
