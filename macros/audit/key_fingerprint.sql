{#- A pseudonym of a fixed text, which tells one key from another and gives nothing away. -#}
{% macro key_fingerprint() %}
    {% if "key_fingerprint" not in build_memory() %}
        {% set fingerprint = run_query("select " ~ hmac_digits(fingerprinted_text()) ~ " from " ~ keyed_vault() ~ " as vault").rows[0][0] %}
        {% do build_memory().update({"key_fingerprint": fingerprint}) %}
    {% endif %}
    {{ return(build_memory()["key_fingerprint"]) }}
{% endmacro %}
