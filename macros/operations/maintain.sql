{#- Keeps the tables of every zone healthy: small files into large ones, rows that were deleted out of the files, old
    snapshots gone, and old versions of the table in the catalog. Prints each table's size before and after.

        dbt run-operation maintain --target athena -#}
{% macro maintain() %}
    {% if execute %}
        {% for relation in maintained_relations() %}
            {% set before = adapter.dispatch("size_of", "stedi")(relation) %}
            {% do adapter.dispatch("compact", "stedi")(relation) %}
            {% do log(
                (relation.schema ~ "." ~ relation.identifier).ljust(52) ~ before ~ " -> "
                ~ adapter.dispatch("size_of", "stedi")(relation)
                ~ adapter.dispatch("drop_old_versions", "stedi")(relation), info=true
            ) %}
        {% endfor %}
    {% endif %}
{% endmacro %}

{#- The tables of the models and their summaries, and the ledgers, as far as they are there. -#}
{% macro maintained_relations() %}
    {% set named = [] %}
    {% for model in project_models() %}
        {% do named.append(api.Relation.create(database=model.database, schema=model.schema, identifier=model.alias)) %}
        {% do named.append(summary_of(model.name)) %}
    {% endfor %}
    {% for ledger in graph.sources.values() if ledger.config.meta.format == "ledger" %}
        {% do named.append(zone_relation("audit", ledger.identifier)) %}
    {% endfor %}
    {% set there = [] %}
    {% for relation in named %}
        {% set found = load_relation(relation) %}
        {% do there.append(found) if found is not none %}
    {% endfor %}
    {{ return(there | sort(attribute="identifier") | sort(attribute="schema")) }}
{% endmacro %}

{% macro default__compact(relation) %}
    {{ unsupported_engine("compact") }}
{% endmacro %}

{#- VACUUM takes no quotes around a database. -#}
{% macro athena__compact(relation) %}
    {% set name = relation.schema ~ "." ~ relation.identifier %}
    {% do adapter.run_operation_with_potential_multiple_runs("optimize " ~ name ~ " rewrite data using bin_pack", "optimize") %}
    {% do adapter.run_operation_with_potential_multiple_runs("vacuum " ~ name, "vacuum") %}
{% endmacro %}

{% macro duckdb__compact(relation) %}
    {% do run_query("checkpoint") %}
{% endmacro %}

{% macro default__drop_old_versions(relation) %}
    {{ unsupported_engine("drop_old_versions") }}
{% endmacro %}

{#- Glue keeps a version of a table for each commit; at 100,000 commits fail. Of no use here: snapshots are in the table's own metadata. -#}
{% macro athena__drop_old_versions(relation) %}
    {% set removed = adapter.expire_glue_table_versions(relation, to_keep=1, delete_s3=false) %}
    {{ return(", %d old versions removed" % (removed | length)) }}
{% endmacro %}

{% macro duckdb__drop_old_versions(relation) %}
    {{ return("") }}
{% endmacro %}

{% macro default__size_of(relation) %}
    {{ unsupported_engine("size_of") }}
{% endmacro %}

{% macro athena__size_of(relation) %}
    {% set name = '"' ~ relation.schema ~ '"."' ~ relation.identifier %}
    {% set files = run_query('select count(*), coalesce(sum(file_size_in_bytes), 0) from ' ~ name ~ '$files"').rows[0] %}
    {% set snapshots = run_query('select count(*) from ' ~ name ~ '$snapshots"').rows[0][0] %}
    {{ return("%d files, %d bytes, %d snapshots" % (files[0], files[1], snapshots)) }}
{% endmacro %}

{% macro duckdb__size_of(relation) %}
    {% set blocks = run_query(
        "select count(distinct block_id) from pragma_storage_info('" ~ relation.schema ~ "." ~ relation.identifier ~ "')
        where block_id >= 0"
    ).rows[0][0] %}
    {{ return("%d blocks" % blocks) }}
{% endmacro %}
