{#- Iceberg names every state of a table by its metadata file, which the catalog knows. A model whose SQL, inputs and own
    table are all in a state in which it was once found to agree has nothing to do, and that costs no scan. Whatever else
    touches a table gives it a new state, so this can only ever be too careful. -#}
{% macro is_known_to_agree(state) %}
    {{ return(
        state is not none
        and run_query("select count(*) from " ~ agreed() ~ " where state = '" ~ state ~ "'").rows[0][0] > 0
    ) }}
{% endmacro %}

{#- `state` as it was before the comparison that found nothing: a state seen later may hold what another build did. -#}
{% macro note_agreement(state) %}
    {% if state is not none %}
        {% do run_query("insert into " ~ agreed() ~ " (relation, state) select '" ~ model.name ~ "', '" ~ state ~ "'") %}
    {% endif %}
{% endmacro %}

{% macro agreed() %}
    {{ return(zone_relation("staging", "agreed_states")) }}
{% endmacro %}

{#- A digest of the model's SQL and of the states of all it reads and is; none where that cannot be told. Where consent
    depends on the clock, time alone can change what a table should hold. -#}
{% macro state_of_model() %}
    {% if config.get("follows_clock") %}
        {{ return(none) }}
    {% endif %}
    {% set states = [sql] %}
    {% for id in [model.unique_id] + model.depends_on.nodes %}
        {% set node = graph.nodes[id] %}
        {% set relations = [api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)] %}
        {% if node.config.get("part_time") or node.config.materialized == "landed" %}
            {% do relations.append(companion(node.name)) %}
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
