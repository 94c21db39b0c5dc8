{#- The latest row of `landing` as a dictionary, and when the last build listed landing; none before the first build. -#}
{% macro remembered_landing() %}
    {% if "landing" not in build_memory() %}
        {% set rows = run_query(
            "select landing, is_synthetic, key_fingerprint, generation, (
                select max(started_at) from " ~ zone_relation("audit", "build") ~ "
            ) as listed_at from " ~ zone_relation("audit", "landing")
            ~ " order by noted_at desc limit 1"
        ).rows %}
        {% do build_memory().update({"landing": {
            "landing": rows[0][0], "is_synthetic": rows[0][1], "key_fingerprint": rows[0][2], "generation": rows[0][3],
            "listed_at": rows[0][4]
        } if rows else none}) %}
    {% endif %}
    {{ return(build_memory()["landing"]) }}
{% endmacro %}
