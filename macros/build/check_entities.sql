{#- Stops a build before anything is touched where what lands is not carried to its end: each landing source of lines has documents
    beside it, a staging model that reads it, and a place in row_outcome. -#}
{% macro check_entities() %}
    {% for source in landing_sources() if source.config.meta.format == "lines" %}
        {% set mistake = mistake_in_entity(source, entity_of(source)) %}
        {% if mistake %}
            {{ exceptions.raise_compiler_error(source.original_file_path ~ ": " ~ source.name ~ " " ~ mistake) }}
        {% endif %}
    {% endfor %}
    {% for model in landed_models() if not landing_source_of(model) %}
        {{ exceptions.raise_compiler_error(model.original_file_path ~ " is materialized `landed`, and reads no landing source of lines") }}
    {% endfor %}
{% endmacro %}

{#- What is wrong with a landing source of lines, or missing, in words; empty if nothing is. -#}
{% macro mistake_in_entity(source, entity) %}
    {% set documents = graph.sources.get("source.stedi." ~ source.source_name ~ "." ~ entity ~ "_landing") %}
    {% set staging = graph.nodes.get("model.stedi.stg_" ~ entity) %}
    {% if source.config.meta.location != entity ~ "/landing" or source.name != entity ~ "_landing_lines" %}
        {{ return("is to be named " ~ entity ~ "_landing_lines and to have the location " ~ entity ~ "/landing") }}
    {% elif is_required(source) is not boolean %}
        {{ return("has `required`, which is neither true nor false") }}
    {% elif not documents or documents.config.meta.format != "json" or documents.config.meta.location != source.config.meta.location %}
        {{ return("has no twin " ~ entity ~ "_landing of documents (`format: json`, the same location), which says what of it is personal data") }}
    {% elif not staging or source.unique_id not in staging.depends_on.nodes %}
        {{ return("is read by no model stg_" ~ entity) }}
    {% elif staging.config.materialized != "landed" %}
        {{ return("is read by " ~ staging.name ~ ", which is not materialized `landed`, so it would miss files") }}
    {% elif staging.unique_id not in graph.nodes["model.stedi.row_outcome"].depends_on.nodes %}
        {{ return("lands, and row_outcome does not count it: name " ~ entity ~ " in macros/project/participant_sensors.sql") }}
    {% endif %}
    {{ return("") }}
{% endmacro %}
