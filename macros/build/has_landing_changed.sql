{#- Whether a landing file that staging has read is not what it was, or is gone. Of a file whose name may say something of a person
    this cannot be told. A file that cannot be read now stays as it was read. -#}
{% macro has_landing_changed() %}
    {% for model in landed_models() %}
        {% set now = {} %}
        {% for file in landing_objects(landing_source_of(model)) %}
            {% set is_unreadable = file["path"] in unreadable_landing_files() %}
            {% do now.update({file["name"]: "unreadable" if is_unreadable else file["landed_at"]}) %}
        {% endfor %}
        {% for name, loaded_at in found_at_start().get(model.name, {}).get("files", {}).items() if "/~" not in name and now.get(name) not in [loaded_at, "unreadable"] %}
            {{ return(true) }}
        {% endfor %}
    {% endfor %}
    {{ return(false) }}
{% endmacro %}
