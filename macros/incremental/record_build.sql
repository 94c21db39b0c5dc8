{#- Keeps one row for a build in the audit: when, what it read, and the rows it added to and removed from each relation, by
    reason. Runs at the end of every command; those that built nothing leave no row. -#}
{% macro record_build(results) %}
    {% if execute %}
        {% set changes = {} %}
        {% set totals = {"added": 0, "removed": 0, "files": 0, "lines": 0} %}
        {% set failed = [] %}
        {% for result in results %}
            {% if result.status | string in ["error", "fail", "runtime error", "skipped"] %}
                {% do failed.append(result.node.name) %}
            {% endif %}
            {% if result.node.config.materialized in ["landed", "reconciled"] and result.adapter_response.get("code") %}
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
        {% set models = graph.nodes.values() | selectattr("resource_type", "equalto", "model") | list %}
        {% if not failed and changes | length == models | length %}
            {% do forget_replaced_landing() %}
        {% endif %}
        {% if changes %}
            {% set finished = modules.datetime.datetime.utcnow().strftime("%Y-%m-%d %H:%M:%S.%f") %}
            {% do run_query(
                "insert into " ~ zone_relation("audit", "build") ~ " (build_id, started_at, finished_at, succeeded,
                    files_read, lines_read, rows_added, rows_removed, changes)
                select '" ~ invocation_id ~ "', " ~ build_clock() ~ ", timestamp '" ~ finished ~ "', "
                ~ ("false" if failed else "true") ~ ", " ~ totals["files"] ~ ", " ~ totals["lines"] ~ ", "
                ~ totals["added"] ~ ", " ~ totals["removed"] ~ ", '" ~ tojson(changes, sort_keys=true) ~ "'"
            ) %}
        {% endif %}
    {% endif %}
{% endmacro %}
