{#- At the end of a build on DuckDB: of what was kept aside of landing (kept_line) the lines lose their text that staging has taken for
    those of somebody who was erased. Staging's own SQL says which; the next build that needs them reads their files again. -#}
{% macro forget_erased_lines(results) %}
    {{ adapter.dispatch("forget_erased_lines", "stedi")(results) }}
{% endmacro %}

{% macro default__forget_erased_lines(results) %}
    {{ unsupported_engine("forget_erased_lines") }}
{% endmacro %}

{% macro athena__forget_erased_lines(results) %}
{% endmacro %}

{% macro duckdb__forget_erased_lines(results) %}
    {% set kept = zone_relation("landing", "kept_line") %}
    {% for result in results if result.node.config.materialized == "landed" and result.status | string == "success" %}
        {% set source = landing_source_of(graph.nodes[result.node.unique_id]) %}
        {% set entity = entity_of(source) %}
        {% set is_any = run_query(
            "select (select count(*) from " ~ kept ~ " where entity = '" ~ entity ~ "') > 0
                and (select count(*) from " ~ zone_relation("vault", "erasure") ~ ") > 0"
        ).rows[0][0] %}
        {% if is_any %}
            {% set said = ["rejection_reason = 'erased'"] %}
            {% for column in ["named_participants", "named_devices"] if column in result.node.columns %}
                {% do said.append("list_contains(string_split(coalesce(" ~ column ~ ", ''), ' '), 'erased')") %}
            {% endfor %}
            {% do run_query(
                "create or replace temporary view kept_as_landed as
                select line, path as \"$path\", cast(rowid as varchar) as source_file, timestamp '2000-01-01' as \"$file_modified_time\"
                from " ~ kept ~ " where entity = '" ~ entity ~ "'"
            ) %}
            {% do run_query(
                "update " ~ kept ~ " set line = 'erased' where rowid in (
                    select cast(source_file as bigint)
                    from (" ~ result.node.compiled_code.replace(source.relation_name, "kept_as_landed") ~ ") as staged
                    where " ~ said | join(" or ") ~ "
                )"
            ) %}
            {% do run_query("drop view kept_as_landed") %}
        {% endif %}
    {% endfor %}
{% endmacro %}
