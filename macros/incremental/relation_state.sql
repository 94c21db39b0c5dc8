{#- What is known of each relation of this project: the definition it was last built whole under, and the state in which it was
    last found to agree with its inputs. -#}
{% macro relation_states() %}
    {% if "relation_states" not in build_memory() %}
        {% set states = {} %}
        {% for row in run_query("select relation, definition, agreed_state from " ~ zone_relation("audit", "relation_state")).rows %}
            {% do states.update({row[0]: {"definition": row[1], "agreed_state": row[2]}}) %}
        {% endfor %}
        {% do build_memory().update({"relation_states": states}) %}
    {% endif %}
    {{ return(build_memory()["relation_states"]) }}
{% endmacro %}

{#- Before a table of another definition takes this one's place: where the build dies on the way, nothing may be said of it. -#}
{% macro forget_other_definition(definition) %}
    {% if model.name in relation_states() and relation_states()[model.name]["definition"] != definition %}
        {% do run_query("delete from " ~ zone_relation("audit", "relation_state") ~ " where relation = '" ~ model.name ~ "'") %}
        {% do relation_states().pop(model.name) %}
    {% endif %}
{% endmacro %}

{#- Once the table has been built under a definition; one that was built under the same before is known already. -#}
{% macro remember_definition(definition) %}
    {% if model.name not in relation_states() %}
        {% do run_query(
            "insert into " ~ zone_relation("audit", "relation_state") ~ " (relation, definition, agreed_state) select '"
            ~ model.name ~ "', '" ~ definition ~ "', cast(null as varchar)"
        ) %}
        {% do relation_states().update({model.name: {"definition": definition, "agreed_state": none}}) %}
    {% endif %}
{% endmacro %}

{#- Once the table has been found to agree. Written at the end of the build, for all tables in one statement: what
    is lost with a build that dies means nothing worse than comparing again. -#}
{% macro remember_agreed_state(definition, state) %}
    {% do relation_states().update({model.name: {"definition": definition, "agreed_state": state, "is_new": true}}) %}
{% endmacro %}

{% macro save_agreed_states() %}
    {% set rows = [] %}
    {% for name, state in relation_states().items() if state.get("is_new") %}
        {% do rows.append("('" ~ name ~ "', '" ~ state["agreed_state"] ~ "')") %}
    {% endfor %}
    {% if rows %}
        {% do run_query(
            "merge into " ~ zone_relation("audit", "relation_state") ~ " as known
            using (values " ~ rows | join(", ") ~ ") as found (relation, agreed_state) on known.relation = found.relation
            when matched then update set agreed_state = found.agreed_state"
        ) %}
    {% endif %}
{% endmacro %}

{#- A digest of everything that decides what this model's rows are, apart from the rows of its inputs: its own SQL as compiled
    (macros and variables are in it), how its parts are summed up, the definitions of the models it reads, and for staging the
    generation of landing. A table of another definition is built anew. The start of the build is left out: it changes each time. -#}
{% macro definition_of_model(states) %}
    {% set parts = [sql.replace(build_clock(), "build clock"), model.columns.keys() | list] %}
    {% if config.get("materialized") == "landed" %}
        {% do parts.append((remembered_landing() or {}).get("generation")) %}
    {% endif %}
    {% if config.get("part_by") %}
        {% do parts.append(summarise_parts("rows")) %}
        {% for key in ["lines_of", "admitted_from", "admitted_by", "admitted_key", "paired_from"] %}
            {% do parts.append(config.get(key)) %}
        {% endfor %}
    {% endif %}
    {% for id in model.depends_on.nodes | sort if id.startswith("model.") %}
        {% do parts.append(states.get(graph.nodes[id].name, {}).get("definition")) %}
    {% endfor %}
    {{ return(local_md5(tojson(parts))) }}
{% endmacro %}

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
