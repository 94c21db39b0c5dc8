{#- At the end of every build, also of one that failed, in this order: takes out the people who left where a model could not; keeps
    one row in the audit: when, from which landing, what it read, and the rows it added to and removed from each relation, by reason;
    remembers which tables agree. -#}
{% macro record_build(results) %}
    {% if execute and is_build() %}
        {% set built = {} %}
        {% set failed = [] %}
        {% for result in results %}
            {% if result.status | string in ["error", "fail", "runtime error", "skipped"] %}
                {% do failed.append(result.node.name) %}
            {% endif %}
            {% if result.node.config.materialized in ["landed", "reconciled"] and result.adapter_response.get("code") %}
                {% do built.update({result.node.name: result.adapter_response["code"]}) %}
            {% endif %}
        {% endfor %}
        {% do forget_erased_lines(results) %}
        {% set unbuilt = project_models() | map(attribute="name") | reject("in", built) | list %}
        {% set left = take_out_people_who_left() if results and unbuilt else [] %}
        {% if built or left %}
            {% do insert_build(changes_of_build(built, left), succeeded=not failed) %}
        {% endif %}
        {#- A build that was refused has taken nothing. -#}
        {% do give_back_relations(failed) if "relation_states" in build_memory() %}
    {% endif %}
{% endmacro %}

{#- {"changes": {relation: {"added": {reason: rows}, "removed": {reason: rows}}}, "files", "lines": how many were read}. Rows that came are
    those that are there now, less those there were, and those that left. -#}
{% macro changes_of_build(built, left) %}
    {% set changes = {} %}
    {% set now = {} %}
    {% set read = {"files": 0, "lines": 0} %}
    {% set counts = [] %}
    {% for name, change in built.items() %}
        {% do changes.update({name: {"added": {}, "removed": {}}}) %}
        {% do counts.append(
            "select '" ~ name ~ "' as relation, cast(null as varchar) as reason, row_count, file_count from ("
            ~ get_row_count_sql(graph.nodes["model.stedi." ~ name]) ~ ") as counted"
        ) if change != "unchanged" %}
    {% endfor %}
    {% set documents = {} %}
    {% if counts and "row_outcome" in built %}
        {% do counts.append(
            "select 'documents of ' || entity as relation, cast(null as varchar) as reason, cast(sum(row_count) as bigint) as row_count,
                cast(sum(case when outcome = 'trusted' then row_count else 0 end) as bigint) as file_count
            from " ~ zone_relation("audit", "row_outcome") ~ " group by entity"
        ) %}
    {% endif %}
    {% if counts or left %}
        {% do counts.append(
            "select relation, reason, cast(sum(row_count) as bigint) as row_count, 0 as file_count from " ~ zone_relation("audit", "removal") ~ "
            where build_id = '" ~ invocation_id ~ "' group by relation, reason"
        ) %}
        {% for row in run_query("select * from (" ~ counts | join(" union all ") ~ ") as counts order by relation, reason").rows %}
            {% if row[0].startswith("documents of ") %}
                {% do documents.update({row[0].replace("documents of ", ""): [row[2] | int, row[3] | int]}) %}
            {% elif row[1] is none %}
                {% do now.update({row[0]: {"rows": row[2] | int, "files": row[3] | int}}) %}
            {% else %}
                {% do changes.setdefault(row[0], {"added": {}, "removed": {}})["removed"].update({row[1]: row[2] | int}) %}
            {% endif %}
        {% endfor %}
    {% endif %}
    {% do say_what_is_used(documents) if documents %}
    {% for name, found_now in now.items() %}
        {% if built[name] == "built anew" %}
            {% set before = {"rows": 0, "file_count": 0} %}
            {% set came = found_now["rows"] %}
        {% else %}
            {% set before = found_at_start()[name] %}
            {% set came = found_now["rows"] - before.get("rows", before.get("counted")) + changes[name]["removed"].values() | sum %}
        {% endif %}
        {% do changes[name]["added"].update({built[name].replace(" ", "_"): came}) if came > 0 %}
        {% do changes[name]["removed"].update({"changed": -came}) if came < 0 %}
        {% if found_now["files"] %}
            {% do read.update({"files": read["files"] + found_now["files"] - before["file_count"], "lines": read["lines"] + came}) %}
        {% endif %}
    {% endfor %}
    {{ return({"changes": changes, "files": read["files"], "lines": read["lines"]}) }}
{% endmacro %}

{#- One line, whatever the numbers: a build can keep every rule and leave out most of what landed. `documents`: entity to how many landed,
    and how many of them are in trusted. -#}
{% macro say_what_is_used(documents) %}
    {% set parts = [] %}
    {% for entity, counts in documents.items() %}
        {% do parts.append("{:,} of {:,} {}".format(counts[1], counts[0], entity)) %}
    {% endfor %}
    {% do log("in trusted, of the documents that landed: " ~ parts | join(", "), info=true) %}
{% endmacro %}

{% macro insert_build(build, succeeded) %}
    {% set totals = {"added": 0, "removed": 0} %}
    {% for change in build["changes"].values() %}
        {% for way in totals %}
            {% do totals.update({way: totals[way] + change[way].values() | sum}) %}
        {% endfor %}
    {% endfor %}
    {% set finished = modules.datetime.datetime.utcnow().strftime("%Y-%m-%d %H:%M:%S.%f") %}
    {% set landing = remembered_landing() %}
    {% do note_provenance(landing) %}
    {% do run_query(
        "insert into " ~ zone_relation("audit", "build") ~ " (build_id, started_at, finished_at, succeeded,
            files_read, lines_read, rows_added, rows_removed, changes, landing, is_synthetic)
        select '" ~ invocation_id ~ "', " ~ build_clock() ~ ", timestamp '" ~ finished ~ "', " ~ succeeded | lower ~ ", "
        ~ build["files"] ~ ", " ~ build["lines"] ~ ", " ~ totals["added"] ~ ", " ~ totals["removed"] ~ ", '"
        ~ tojson(build["changes"], sort_keys=true) ~ "', " ~ quoted(landing["landing"]) ~ ", "
        ~ ("cast(null as boolean)" if landing["is_synthetic"] is none else landing["is_synthetic"] | lower)
    ) %}
{% endmacro %}
