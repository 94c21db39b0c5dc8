{#- Landing only grows, so staging need not look twice. Where a file that was read is gone or newer than it was, as when another
    landing is pointed at, that does not hold and every table is built anew, until a whole build has succeeded. Seen on
    DuckDB, where looking at landing costs nothing; Athena would have to open every file. -#}
{% macro is_landing_replaced() %}
    {{ return(adapter.dispatch("is_landing_replaced", "stedi")()) }}
{% endmacro %}

{% macro default__is_landing_replaced() %}
    {{ unsupported_engine("is_landing_replaced") }}
{% endmacro %}

{% macro athena__is_landing_replaced() %}
    {{ return(false) }}
{% endmacro %}

{% macro duckdb__is_landing_replaced() %}
    {{ return(
        load_relation(agreed()) is not none
        and run_query("select count(*) from " ~ agreed() ~ " where relation = 'landing was replaced'").rows[0][0] > 0
    ) }}
{% endmacro %}

{% macro note_replaced_landing() %}
    {{ adapter.dispatch("note_replaced_landing", "stedi")() }}
{% endmacro %}

{% macro default__note_replaced_landing() %}
    {{ unsupported_engine("note_replaced_landing") }}
{% endmacro %}

{% macro athena__note_replaced_landing() %}
{% endmacro %}

{% macro duckdb__note_replaced_landing() %}
    {% for model in graph.nodes.values() if model.config.materialized == "landed" and not is_landing_replaced() %}
        {% set staging = adapter.get_relation(model.database, model.schema, model.alias) %}
        {% if staging is not none and run_query(
            "select count(*)
            from (select source_file, min(loaded_at) as loaded_at from " ~ staging ~ " group by source_file) as staged
            left join (
                select substr(filename, " ~ ((landing_root() ~ "/") | length + 1) ~ ") as source_file,
                    date_trunc('second', epoch_ms(epoch_ms(last_modified))) as loaded_at
                from read_blob(" ~ duckdb_glob(landing_source_of(model)) ~ ")
            ) as landed using (source_file)
            where landed.loaded_at is distinct from staged.loaded_at"
        ).rows[0][0] %}
            {% do run_query("insert into " ~ agreed() ~ " (relation, state) select 'landing was replaced', 'yes'") %}
            {% do log("landing is not what was read before: every table is built anew", info=true) %}
            {% do create_landing_tables() %}
        {% endif %}
    {% endfor %}
{% endmacro %}

{% macro forget_replaced_landing() %}
    {% if is_landing_replaced() %}
        {% do run_query("delete from " ~ agreed() ~ " where relation = 'landing was replaced'") %}
    {% endif %}
{% endmacro %}
