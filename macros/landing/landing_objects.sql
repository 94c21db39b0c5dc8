{#- On Athena, the objects of a landing source that can be read, as S3 listed them at the start of the build (src/stedi/athena_landing.py):
    name below the landing root, path, size, when it landed, and whether the name is_plain, that is, says nothing of a person. Those of
    older folders of the hour only as far as the last build noted them, where listed_since is set. -#}
{% macro landing_objects(source) %}
    {% set found = [] %}
    {% for object in found_landing().objects if object.entity == entity_of(source) and not object.reason %}
        {% do found.append(object) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}

{#- All that was found in landing, looked for once a command. -#}
{% macro found_landing() %}
    {% if "found_landing" not in build_memory() %}
        {% set places = [] %}
        {% for source in landing_sources() if source.config.meta.format == "lines" %}
            {% do places.append([entity_of(source), source.config.meta.location, listed_since(source.config.meta.location)]) %}
        {% endfor %}
        {% set before = time_of_last_listing() if is_build() else none %}
        {% do build_memory().update({
            "found_landing": adapter.look_at_landing(landing_root(), places, athena_listing_place(), before)
        }) %}
    {% endif %}
    {{ return(build_memory()["found_landing"]) }}
{% endmacro %}

{#- Where the table landing_file lies, below the bucket. -#}
{% macro athena_listing_place() %}
    {{ return("lake/" ~ zone_schema(target.schema, "audit") ~ "/landing_file") }}
{% endmacro %}
