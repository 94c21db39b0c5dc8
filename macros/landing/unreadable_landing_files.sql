{#- On Athena, the paths of the landing files that were set aside because they cannot be read; in a build, by this build. -#}
{% macro unreadable_landing_files() %}
    {% if "unreadable" not in build_memory() and execute and flags.WHICH in ["run", "build", "test"] %}
        {% set noted = load_relation(zone_relation("audit", "landing_file")) %}
        {% set paths = run_query("select path from " ~ noted ~ " where status = 'unreadable'").columns["path"].values() if noted else [] %}
        {% do build_memory().update({"unreadable": paths | list}) %}
    {% endif %}
    {{ return(build_memory().get("unreadable", [])) }}
{% endmacro %}
