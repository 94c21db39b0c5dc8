{#- When the last build listed landing, in seconds since 1970 UTC; none before the first build, and where another landing takes the place
    of the one that was read. -#}
{% macro time_of_last_listing() %}
    {% if "last_listing" not in build_memory() %}
        {% set before = run_query("select max(started_at) from " ~ zone_relation("audit", "build")).rows[0][0] if not var("replace_landing") %}
        {% do build_memory().update({
            "last_listing": (before - modules.datetime.datetime(1970, 1, 1)).total_seconds() | int if before else none
        }) %}
    {% endif %}
    {{ return(build_memory()["last_listing"]) }}
{% endmacro %}
