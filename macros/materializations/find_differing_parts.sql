{#- The parts in the scope in which the table is not what it should be:
    {"sql": a select of `by`, part_hour, wanted_fingerprint (null: no rows wanted) and present_rows; none where nothing differs,
     "hours", "wanted_hours": [first, last] hour of all of them and of those that are to have rows, empty where there are none,
     "keys": their keys (first of `by`) where they are few and the scope is not one of hours,
     "leaving": the scope of their keys, if the table is to have nothing of any of them,
     "may_lose": whether rows may leave, "scratch": the table that holds them, if there is one, "scope"}.
    Up to 1,000 parts are given as values, where these take no more than 150,000 bytes of the 262,144 that a statement may have: the fingerprint
    of a part is as long as the person has devices. Others are written to a scratch table. -#}
{% macro find_differing_parts(scope) %}
    {% set most = 1000 %}
    {% set most_bytes = 150000 %}
    {% set key = part_spec()["by"][0] %}
    {% set differing = "select * from (" ~ get_compared_parts_sql(scope) ~ ") as parts where differs" %}
    {% set parts = run_query(differing ~ " limit " ~ (most + 1)).rows %}
    {% if not parts %}
        {{ return({"sql": none}) }}
    {% endif %}
    {% set values = get_values_of_parts_sql(parts) if parts | length <= most else "" %}
    {% if values and values.encode() | length <= most_bytes %}
        {% set wanted = parts | rejectattr("wanted_fingerprint", "none") | map(attribute="part_hour") | list %}
        {% set keys = parts | map(attribute=key) | unique | list if "hours" not in scope else [] %}
        {{ return({
            "sql": values,
            "hours": [parts | map(attribute="part_hour") | min, parts | map(attribute="part_hour") | max],
            "wanted_hours": [wanted | min, wanted | max] if wanted else [],
            "keys": keys if keys | length <= most_keys() else [],
            "leaving": {"column": scope["column"], "keys": parts | map(attribute=scope["column"]) | unique | list}
                if "keys" in scope and true not in parts | map(attribute="key_stays") else none,
            "may_lose": parts | map(attribute="present_rows") | max > 0,
            "scratch": none,
            "scope": scope,
        }) }}
    {% endif %}
    {% set scratch = zone_relation("staging", model.name ~ "__differing").incorporate(type="table") %}
    {% do make_table(scratch, differing, temporary=true) %}
    {% set extent = run_query(
        "select min(part_hour), max(part_hour), min(case when wanted_fingerprint is not null then part_hour end),
            max(case when wanted_fingerprint is not null then part_hour end), max(present_rows), bool_or(key_stays) from " ~ scratch
    ).rows[0] %}
    {% set keys = [] %}
    {% if "keys" in scope %}
        {% set keys = run_query("select distinct " ~ key ~ " from " ~ scratch ~ " limit " ~ (most_keys() + 1)).columns[0].values() | list %}
    {% endif %}
    {{ return({
        "sql": "select * from " ~ scratch,
        "hours": [extent[0], extent[1]],
        "wanted_hours": [extent[2], extent[3]] if extent[2] else [],
        "keys": keys if keys | length <= most_keys() else [],
        "leaving": {"column": key, "keys": keys} if scope.get("column") == key and keys | length <= most_keys() and not extent[5] else none,
        "may_lose": extent[4] > 0,
        "scratch": scratch,
        "scope": scope,
    }) }}
{% endmacro %}

{#- Parts as a select of values. -#}
{% macro get_values_of_parts_sql(parts) %}
    {% set texts_by = part_spec()["by"] + ["wanted_fingerprint"] %}
    {% set values = [] %}
    {% for part in parts %}
        {% set texts = [] %}
        {% for column in texts_by %}
            {% do texts.append("cast(null as varchar)" if part[column] is none else "'" ~ (part[column] | string).replace("'", "''") ~ "'") %}
        {% endfor %}
        {% do values.append(
            "(" ~ texts | join(", ") ~ ", timestamp '" ~ part["part_hour"] ~ "', " ~ part["present_rows"] | int ~ ")"
        ) %}
    {% endfor %}
    {{ return(
        "select * from (values " ~ values | join(", ") ~ ") as parts ("
        ~ (texts_by + ["part_hour", "present_rows"]) | join(", ") ~ ")"
    ) }}
{% endmacro %}
