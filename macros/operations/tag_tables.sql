{#- Gives every table and column its tags of Lake Formation, by which roles may read it (docs/aws.md): `stedi_zone`, and `stedi_pii`,
    which is `false` only for columns that the yml labels so. To be run after `create_landing_tables` and after a build that built a
    table anew; until then the new table has no tags, and nobody reads it by them:

        dbt run-operation tag_tables --target athena -#}
{% macro tag_tables() %}
    {% if execute %}
        {{ adapter.dispatch("tag_tables", "stedi")(labelled_nodes()) }}
    {% endif %}
{% endmacro %}

{#- Everything whose columns have a label: sources, seeds, models. -#}
{% macro labelled_nodes() %}
    {% set found = [] %}
    {% for node in graph.sources.values() | list + graph.nodes.values() | list
        if node.package_name == "stedi" and node.resource_type in ["source", "seed", "model"] %}
        {% do found.append(node) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}

{% macro default__tag_tables(nodes) %}
    {{ unsupported_engine("tag_tables") }}
{% endmacro %}

{% macro athena__tag_tables(nodes) %}
    {% for node in nodes %}
        {% set relation = load_relation(api.Relation.create(
            database=target.database, schema=node.schema, identifier=node.identifier or node.alias
        )) %}
        {% if relation is not none %}
            {% do adapter.add_lf_tags(relation, tags_of(node, column_names(relation))) %}
            {% do log("tagged " ~ relation.schema ~ "." ~ relation.identifier, info=true) %}
        {% endif %}
    {% endfor %}
{% endmacro %}

{#- Fails closed: what has no label is personal. Every column that is there gets a tag of its own, so none has to be taken off first, and at
    no time has a column less than it should. -#}
{% macro tags_of(node, columns) %}
    {% set plain = [] %}
    {% for column in node.columns.values() if column.config.meta.get("pii") is false and column.name | lower in columns %}
        {% do plain.append(column.name | lower) %}
    {% endfor %}
    {% set by_value = {"true": columns | reject("in", plain) | list, "false": plain} %}
    {% set tags_columns = {} %}
    {% for value, named in by_value.items() if named %}
        {% do tags_columns.update({value: named}) %}
    {% endfor %}
    {{ return({
        "enabled": true,
        "tags": {"stedi_zone": node.schema.removeprefix(target.schema ~ "_"), "stedi_pii": "true"},
        "tags_columns": {"stedi_pii": tags_columns},
        "inherited_tags": ["stedi_zone", "stedi_pii"],
    }) }}
{% endmacro %}

{% macro duckdb__tag_tables(nodes) %}
    {% do log("a DuckDB file has no doors: give out an export of curated (`stedi export-curated`)", info=true) %}
{% endmacro %}
