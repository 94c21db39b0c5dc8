{#- At the end of every build, also of one that failed: takes out the people who left where a model could not, and keeps one row
    in the audit: when, from which landing, what it read, and the rows it added to and removed from each relation, by reason. -#}
{% macro record_build(results) %}
    {% if execute and is_build() %}
        {% set changes = {} %}
        {% set totals = {"added": 0, "removed": 0, "files": 0, "lines": 0} %}
        {% set failed = [] %}
        {% set built = [] %}
        {% for result in results %}
            {% if result.status | string in ["error", "fail", "runtime error", "skipped"] %}
                {% do failed.append(result.node.name) %}
            {% endif %}
            {% if result.node.config.materialized in ["landed", "reconciled"] and result.adapter_response.get("code") %}
                {% do built.append(result.node.name) %}
                {% set change = fromjson(result.adapter_response["code"]) %}
                {% set added = change["added"].values() | sum %}
                {% do totals.update({
                    "added": totals["added"] + added,
                    "removed": totals["removed"] + change["removed"].values() | sum,
                    "files": totals["files"] + change["files"],
                    "lines": totals["lines"] + (added if result.node.config.materialized == "landed" else 0),
                }) %}
                {% do changes.update({result.node.name: {"added": change["added"], "removed": change["removed"]}}) %}
            {% endif %}
        {% endfor %}
        {% set models = graph.nodes.values() | selectattr("resource_type", "equalto", "model")
            | selectattr("package_name", "equalto", "stedi") | map(attribute="name") | list %}
        {% if results and models | reject("in", built) | list %}
            {% for name, removed in take_out_people_who_left().items() %}
                {% do changes.setdefault(name, {"added": {}, "removed": {}}).update({"removed": removed}) %}
                {% do totals.update({"removed": totals["removed"] + removed.values() | sum}) %}
            {% endfor %}
        {% endif %}
        {% do save_agreed_states() %}
        {% if changes %}
            {% set finished = modules.datetime.datetime.utcnow().strftime("%Y-%m-%d %H:%M:%S.%f") %}
            {% set landing = remembered_landing() %}
            {% do note_provenance(landing) %}
            {% do run_query(
                "insert into " ~ zone_relation("audit", "build") ~ " (build_id, started_at, finished_at, succeeded,
                    files_read, lines_read, rows_added, rows_removed, changes, landing, is_synthetic)
                select '" ~ invocation_id ~ "', " ~ build_clock() ~ ", timestamp '" ~ finished ~ "', "
                ~ ("false" if failed else "true") ~ ", " ~ totals["files"] ~ ", " ~ totals["lines"] ~ ", "
                ~ totals["added"] ~ ", " ~ totals["removed"] ~ ", '" ~ tojson(changes, sort_keys=true) ~ "', "
                ~ quoted(landing["landing"]) ~ ", "
                ~ ("cast(null as boolean)" if landing["is_synthetic"] is none else landing["is_synthetic"] | lower)
            ) %}
        {% endif %}
    {% endif %}
{% endmacro %}
