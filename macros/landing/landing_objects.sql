{#- On Athena, the objects of a landing source, as S3 listed them at the start of the build (src/dbt_stedi.py): name below the landing
    root, path, size, when it landed, and whether the name is_plain, that is, says nothing of a person. Of older folders of the hour
    none, where listed_since is set. -#}
{% macro landing_objects(source) %}
    {% set key = "objects of " ~ source.identifier %}
    {% if key not in build_memory() %}
        {% set location = source.config.meta.location %}
        {% do build_memory().update({key: adapter.list_landing(landing_root(), location, listed_since(location))}) %}
    {% endif %}
    {{ return(build_memory()[key]) }}
{% endmacro %}
