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
