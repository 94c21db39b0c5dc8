{#- A digest of everything that decides what this model's rows are, apart from the rows of its inputs: its own SQL as compiled
    (macros and variables are in it), how its parts are summed up, the definitions of the models it reads, and for staging the
    generation of landing. A table of another definition is built anew. The start of the build is left out: it changes each time. -#}
{% macro definition_of_model(states) %}
    {% set parts = [sql.replace(build_clock(), "build clock").replace(every_landing_file(), "every landing file"), model.columns.keys() | list] %}
    {% if config.get("materialized") == "landed" %}
        {% do parts.append((remembered_landing() or {}).get("generation")) %}
        {#- The list decides which lines staging keeps: with another one it reads all of landing again. -#}
        {% do parts.append(erasure_digest()) %}
    {% endif %}
    {% do parts.append([part_spec(), get_parts_sql("rows")]) %}
    {% for id in model.depends_on.nodes | sort if id.startswith("model.") %}
        {% do parts.append(states.get(graph.nodes[id].name, {}).get("definition")) %}
    {% endfor %}
    {{ return(local_md5(tojson(parts))) }}
{% endmacro %}
