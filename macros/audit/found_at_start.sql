{#- What the tables hold when a build starts, asked for in one statement. By relation: `rows`; where it has a summary `counted`, the
    rows that the summary counts, and `rows` only if the two may differ (agreed_at_start), because counting can mean reading; of a
    staging table also `files`: loaded_at of each landing file that was read and is listed (is_listed), and `file_count` of all. -#}
{% macro found_at_start() %}
    {% if "found" not in build_memory() %}
        {% set found = {} %}
        {% set counts = get_counts_sql(found) %}
        {% for row in (run_query(counts).rows if counts else []) %}
            {% if row[1] is none %}
                {% do found[row[0]].update({"rows": row[2] | int}) %}
            {% else %}
                {% do found[row[0]].update({
                    "counted": found[row[0]]["counted"] + row[2] | int, "file_count": found[row[0]]["file_count"] + row[4] | int
                }) %}
                {% do found[row[0]]["files"].update({row[1]: row[3]}) if row[1] %}
            {% endif %}
        {% endfor %}
        {% do build_memory().update({"found": found}) %}
    {% endif %}
    {{ return(build_memory()["found"]) }}
{% endmacro %}

{#- Rows of relation, source_file (null for the table, empty for its summary, or for what is not listed), row_count, loaded_at and
    file_count. Notes in `found` which relations are there. -#}
{% macro get_counts_sql(found) %}
    {% set counts = [] %}
    {% for model in project_models() %}
        {% set table = load_relation(zone_relation(model.fqn[1], model.name)) %}
        {% set summary = load_relation(summary_of(model.name)) if table is not none else none %}
        {% if table is not none %}
            {% do found.update({model.name: {"files": {}, "counted": 0, "file_count": 0}}) %}
        {% endif %}
        {% set is_believed = summary is not none and agreed_at_start(model) %}
        {% if table is not none and not is_believed %}
            {% do counts.append(
                "select '" ~ model.name ~ "' as relation, cast(null as varchar) as source_file, count(*) as row_count,
                    cast(null as timestamp(6)) as loaded_at, 0 as file_count from " ~ table
            ) %}
        {% endif %}
        {#- A summary of an older version lacks a column, and is made again. -#}
        {% set is_counted = summary is not none and "is_total" in column_names(summary) %}
        {% if is_counted and model.config.materialized == "landed" %}
            {% do counts.append(get_read_files_sql(model, is_believed)) %}
        {% elif is_counted %}
            {% do counts.append(
                "select '" ~ model.name ~ "' as relation, '' as source_file, " ~ summed_rows(is_believed) ~ " as row_count,
                    cast(null as timestamp(6)) as loaded_at, 0 as file_count from " ~ summary ~ (" where is_total" if is_believed)
            ) %}
        {% endif %}
    {% endfor %}
    {{ return(counts | join(" union all ")) }}
{% endmacro %}
