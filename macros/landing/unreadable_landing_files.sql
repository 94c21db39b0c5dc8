{#- On Athena, the paths of the landing files that were set aside because they cannot be read, or where a path may be personal data
    [first, end] of a range of paths; in a build, by this build. -#}
{% macro unreadable_landing_files() %}
    {% if "unreadable" not in build_memory() and execute and flags.WHICH in ["run", "build", "test"] %}
        {% do build_memory().update({"unreadable": adapter.passed_over(landing_root(), athena_listing_place())}) %}
    {% endif %}
    {{ return(build_memory().get("unreadable", [])) }}
{% endmacro %}
