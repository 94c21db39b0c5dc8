{#- Whether a landing source must have files: unless its `meta` says `required: false`, a build without any is refused. -#}
{% macro is_required(source) %}
    {{ return(source.config.meta.get("required", true)) }}
{% endmacro %}
