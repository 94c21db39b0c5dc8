{#- Whether a model that is kept up in place has to be built from nothing: it is not there, a full refresh was asked for,
    its columns are not the model's, or it was built under another definition (another rule, another variable). -#}
{% macro must_be_built_anew(known, definition) %}
    {% set existing = load_relation(this) %}
    {% if existing is none or not existing.is_table or should_full_refresh() or known.get("definition") != definition %}
        {{ return(true) }}
    {% endif %}
    {{ return(column_names(existing) | sort != model.columns.keys() | map("lower") | sort) }}
{% endmacro %}
