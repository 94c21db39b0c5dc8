{#- What tells one erasure list from another, as far as it decides what staging holds. Asked for once a build, and with it the
    fingerprints of the keys that the list was written under. -#}
{% macro erasure_digest() %}
    {% if "erasure_digest" not in build_memory() %}
        {% set list = zone_relation("vault", "erasure") %}
        {% set entry = "kind || ' ' || listed || ' ' || coalesce(at_time, '') || ' ' || coalesce(until_time, '')" %}
        {% set known = run_query(
            "select " ~ md5_of("coalesce(" ~ joined_texts("entry") ~ ", '')") ~ ", (
                select " ~ joined_texts("listed") ~ " from " ~ list ~ " where kind = 'key'
            ) from (select distinct " ~ entry ~ " as entry from " ~ list ~ " where kind not in ('key', 'request')) as erasure"
        ).rows[0] %}
        {% do build_memory().update({"erasure_digest": known[0], "erasure_keys": known[1] or ""}) %}
    {% endif %}
    {{ return(build_memory()["erasure_digest"]) }}
{% endmacro %}
