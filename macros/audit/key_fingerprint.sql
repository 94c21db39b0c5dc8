{#- A pseudonym of a fixed text, which tells one key from another and gives nothing away. -#}
{% macro key_fingerprint() %}
    {% if "key_fingerprint" not in build_memory() %}
        {% set fixed = "with fixed as (select " ~ fingerprinted_text() ~ " as text) select fingerprint from (" %}
        {% do build_memory().update({
            "key_fingerprint": run_query(fixed ~ pseudonymised("fixed", {"text": "fingerprint"}) ~ ") as fingerprinted").rows[0][0]
        }) %}
    {% endif %}
    {{ return(build_memory()["key_fingerprint"]) }}
{% endmacro %}
