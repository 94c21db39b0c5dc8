{#- Writes down for the models that come later in which scopes (within_scope) this model has changed its table in this build;
    none where that cannot be told. -#}
{% macro note_changed_scopes(scopes) %}
    {% do build_memory().setdefault("changed_scopes", {}).update({model.name: scopes}) %}
{% endmacro %}
