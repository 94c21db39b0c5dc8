{#- The latest row of `landing` as a dictionary; none before the first build. -#}
{% macro remembered_landing() %}
    {% if "landing" not in build_memory() %}
        {% set rows = run_query(
            "select landing, is_synthetic, key_fingerprint, generation from " ~ zone_relation("audit", "landing")
            ~ " order by noted_at desc limit 1"
        ).rows %}
        {% do build_memory().update({"landing": {
            "landing": rows[0][0], "is_synthetic": rows[0][1], "key_fingerprint": rows[0][2], "generation": rows[0][3]
        } if rows else none}) %}
    {% endif %}
    {{ return(build_memory()["landing"]) }}
{% endmacro %}
