{#- Says on each trusted and curated table which landing it was built from, where people look at tables in a file. On Athena a table's
    bucket is its landing's. -#}
{% macro note_provenance(landing) %}
    {{ adapter.dispatch("note_provenance", "stedi")(landing) }}
{% endmacro %}

{% macro default__note_provenance(landing) %}
    {{ unsupported_engine("note_provenance") }}
{% endmacro %}

{% macro athena__note_provenance(landing) %}
{% endmacro %}

{% macro duckdb__note_provenance(landing) %}
    {% for model in project_models() if model.fqn[1] in ["trusted", "curated"] %}
        {% set relation = load_relation(zone_relation(model.fqn[1], model.name)) %}
        {% if relation is not none %}
            {% do run_query("comment on table " ~ relation ~ " is " ~ quoted(
                model.description | trim ~ " Built from " ~ landing["landing"] ~ provenance(landing["is_synthetic"]) ~ "."
            )) %}
        {% endif %}
    {% endfor %}
{% endmacro %}
