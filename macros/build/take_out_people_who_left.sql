{#- The last step of a build in which a model failed, was skipped or was not asked for: nobody who is not in customer_trusted as it
    stands keeps a row in another trusted or curated table. Booked like any other removal; returns the relations they were in. Columns
    that are made coarser so that people can hide in them say in their meta what is `coarsest`. -#}
{% macro take_out_people_who_left() %}
    {% set trusted = load_relation(zone_relation("trusted", "customer_trusted")) %}
    {% set relations = [] %}
    {% for model in project_models()
        if model.fqn[1] in ["trusted", "curated"] and model.name != "customer_trusted" and "participant_id" in model.columns %}
        {% set relation = load_relation(zone_relation(model.fqn[1], model.name)) %}
        {% set left = "participant_id not in (select participant_id from " ~ trusted ~ ")" if trusted is not none else "true" %}
        {% if relation is not none and run_query("select count(*) from " ~ relation ~ " where " ~ left).rows[0][0] %}
            {% do relations.append(model.name) %}
            {% do book_removals(
                "select participant_id, count(*) as present_rows, 0 as row_count from " ~ relation ~ " where " ~ left ~ " group by participant_id",
                model.name,
                false
            ) if trusted is not none %}
            {% do run_query("delete from " ~ relation ~ " where " ~ left) %}
            {#- Else the next build would find the rows missing, and book them again. -#}
            {% set summary = load_relation(summary_of(model.name)) %}
            {% do run_query("delete from " ~ summary ~ " where " ~ left) if summary is not none %}
            {#- Who is left may be too few in their groups to hide in; the next build finds finer groups again. -#}
            {% set coarsest = [] %}
            {% for column in model.columns.values() if column.config.meta.get("coarsest") %}
                {% do coarsest.append(column.name ~ " = '" ~ column.config.meta["coarsest"] ~ "'") %}
            {% endfor %}
            {% do run_query("update " ~ relation ~ " set " ~ coarsest | join(", ")) if coarsest %}
            {% do log("took people who left out of " ~ relation.schema ~ "." ~ relation.identifier, info=true) %}
        {% endif %}
    {% endfor %}
    {{ return(relations) }}
{% endmacro %}
