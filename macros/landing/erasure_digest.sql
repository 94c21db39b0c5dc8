{#- What tells one erasure list from another, as far as it decides what staging holds. Asked for once a build. -#}
{% macro erasure_digest() %}
    {% if "erasure_digest" not in build_memory() %}
        {% set entry = "kind || ' ' || listed || ' ' || coalesce(at_time, '') || ' ' || coalesce(until_time, '')" %}
        {% do build_memory().update({"erasure_digest": run_query(
            "select " ~ md5_of("coalesce(" ~ joined_texts("entry") ~ ", '')") ~ " from (
                select distinct " ~ entry ~ " as entry from " ~ zone_relation("vault", "erasure") ~ " where kind <> 'request'
            ) as erasure"
        ).rows[0][0]}) %}
    {% endif %}
    {{ return(build_memory()["erasure_digest"]) }}
{% endmacro %}
