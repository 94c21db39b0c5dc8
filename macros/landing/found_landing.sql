{#- All that was found in landing, looked for once a command. A build has said when landing was
    last listed (`listed_before`). -#}
{% macro found_landing() %}
    {% if "found_landing" not in build_memory() %}
        {% set places = [] %}
        {% for source in landing_sources() if source.config.meta.format == "lines" %}
            {% do places.append([entity_of(source), source.config.meta.location, listed_since(source.config.meta.location)]) %}
        {% endfor %}
        {% set before = build_memory().get("listed_before") %}
        {% do build_memory().update({
            "found_landing": adapter.look_at_landing(landing_root(), places, athena_listing_place(), before)
        }) %}
    {% endif %}
    {{ return(build_memory()["found_landing"]) }}
{% endmacro %}
