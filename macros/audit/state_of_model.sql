{#- Iceberg names every state of a table by its metadata file, which the catalog knows. A model whose definition, inputs and own
    table are all in a state in which it was once found to agree has nothing to do, and that costs no scan. Whatever else
    touches a table gives it a new state, so this can only ever be too careful. None where it cannot be told, or where the
    clock alone can change what a table should hold. -#}
{% macro state_of_model(definition) %}
    {% if build_clock() in sql %}
        {{ return(none) }}
    {% endif %}
    {% set states = [definition] %}
    {% for id in [model.unique_id] + model.depends_on.nodes if not id.startswith("source.") %}
        {% set node = graph.nodes[id] %}
        {% set relations = [api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)] %}
        {% if has_summary(node) %}
            {% do relations.append(summary_of(node.name)) %}
        {% endif %}
        {% for relation in relations %}
            {% set state = adapter.dispatch("state_of_table", "stedi")(relation) %}
            {% if state is none %}
                {{ return(none) }}
            {% endif %}
            {% do states.append(state) %}
        {% endfor %}
    {% endfor %}
    {{ return(local_md5(states | join("\n"))) }}
{% endmacro %}

{% macro default__state_of_table(relation) %}
    {{ unsupported_engine("state_of_table") }}
{% endmacro %}

{% macro athena__state_of_table(relation) %}
    {% set table = adapter.get_glue_table(relation) %}
    {{ return(table["Table"]["Parameters"].get("metadata_location") if table else none) }}
{% endmacro %}

{#- DuckDB names no states; there, comparing is cheap. -#}
{% macro duckdb__state_of_table(relation) %}
    {{ return(none) }}
{% endmacro %}
