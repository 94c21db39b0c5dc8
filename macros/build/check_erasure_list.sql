{#- A list that was written under another key would know nobody of those who were erased. -#}
{% macro check_erasure_list() %}
    {% do erasure_digest() %}
    {% set keys = build_memory()["erasure_keys"] %}
    {% if keys and key_fingerprint() not in keys %}
        {{ exceptions.raise_compiler_error(
            "the vault's erasure list was written under another key than " ~ vault_root() ~ "/pseudonym_key has, and would know nobody: "
            ~ "restore the two from the same backup"
        ) }}
    {% endif %}
{% endmacro %}
