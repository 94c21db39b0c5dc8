{#- The parts in which the table is not what it should be:
    {"sql": a select of part_by, part_hour, wanted_fingerprint (null: no rows wanted) and present_rows; none where nothing differs,
     "hours", "wanted_hours": [first, last] hour of all of them and of those that are to have rows, empty where there are none,
     "may_lose": whether rows may leave, "scratch": the table that holds them, if there is one}.
    Up to 1,000 parts are given as values. More are written to a scratch table, so that nothing is compared twice. -#}
{% macro find_differing_parts() %}
    {% set most = 1000 %}
    {% if has_companion() and not companion_agrees() %}
        {% do renew_companion() %}
    {% endif %}
    {% set differing = "select * from (" ~ compared_parts() ~ ") as parts where differs" %}
    {% set parts = run_query(differing ~ " limit " ~ (most + 1)).rows %}
    {% if not parts %}
        {{ return({"sql": none}) }}
    {% endif %}
    {% if parts | length <= most %}
        {% set wanted = parts | rejectattr("wanted_fingerprint", "none") | map(attribute="part_hour") | list %}
        {{ return({
            "sql": values_of_parts(parts),
            "hours": [parts | map(attribute="part_hour") | min, parts | map(attribute="part_hour") | max],
            "wanted_hours": [wanted | min, wanted | max] if wanted else [],
            "may_lose": parts | map(attribute="present_rows") | max > 0,
            "scratch": none,
        }) }}
    {% endif %}
    {% set scratch = zone_relation("staging", model.name ~ "__differing").incorporate(type="table") %}
    {% do make_table(scratch, differing) %}
    {% set extent = run_query(
        "select min(part_hour), max(part_hour), min(case when wanted_fingerprint is not null then part_hour end),
            max(case when wanted_fingerprint is not null then part_hour end), max(present_rows) from " ~ scratch
    ).rows[0] %}
    {{ return({
        "sql": "select * from " ~ scratch,
        "hours": [extent[0], extent[1]],
        "wanted_hours": [extent[2], extent[3]] if extent[2] else [],
        "may_lose": extent[4] > 0,
        "scratch": scratch,
    }) }}
{% endmacro %}

{#- Parts as a select of values. -#}
{% macro values_of_parts(parts) %}
    {% set texts_by = config.require("part_by") + ["wanted_fingerprint"] %}
    {% set values = [] %}
    {% for part in parts %}
        {% set texts = [] %}
        {% for column in texts_by %}
            {% do texts.append("cast(null as varchar)" if part[column] is none else "'" ~ (part[column] | string).replace("'", "''") ~ "'") %}
        {% endfor %}
        {% do values.append("(" ~ texts | join(", ") ~ ", timestamp '" ~ part["part_hour"] ~ "', " ~ part["present_rows"] | int ~ ")") %}
    {% endfor %}
    {{ return(
        "select * from (values " ~ values | join(", ") ~ ") as parts (" ~ (texts_by + ["part_hour", "present_rows"]) | join(", ") ~ ")"
    ) }}
{% endmacro %}

{#- Every part, and whether the table has it as it should. -#}
{% macro compared_parts() -%}
    {%- set part_by = config.require("part_by") -%}
    select
        {%- for column in part_by + ["part_hour"] %}
        coalesce(wanted.{{ column }}, present.{{ column }}) as {{ column }},
        {%- endfor %}
        wanted.fingerprint as wanted_fingerprint,
        coalesce(present.row_count, 0) as present_rows,
        wanted.fingerprint is distinct from present.fingerprint as differs
    from ({{ wanted_parts() }}) as wanted
    full outer join ({{ present_parts() }}) as present
        on
            {%- for column in part_by %}
            wanted.{{ column }} = present.{{ column }} and
            {%- endfor %}
            wanted.part_hour = present.part_hour
{%- endmacro %}

{% macro wanted_parts() -%}
    {%- set part_by = config.require("part_by") -%}
    {%- if config.get("lines_of") -%}
        select {{ part_by | join(", ") }}, part_hour, cast(sum(row_count) as varchar) as fingerprint
        from {{ companion(config.get("lines_of")) }}
        where rejection_reason is null
        group by {{ part_by | join(", ") }}, part_hour
    {%- elif config.get("admitted_from") and var("consent_scope") == "all_readings" -%}
        {%- set key = config.require("admitted_key") -%}
        select
            {%- for column in part_by %}
            {{ "parts" if column == key else "admitted" }}.{{ column }},
            {%- endfor %}
            parts.part_hour,
            parts.fingerprint
        from {{ companion(config.get("admitted_from")) }} as parts
        inner join {{ ref(config.require("admitted_by")) }} as admitted on parts.{{ key }} = admitted.{{ key }}
    {%- elif config.get("paired_from") -%}
        {%- set pair = config.get("paired_from") -%}
        select
            first.participant_id,
            first.part_hour,
            first.fingerprint || ' ' || second.fingerprint as fingerprint
        from ({{ parts_of_participants(pair[0]) }}) as first
        inner join ({{ parts_of_participants(pair[1]) }}) as second
            on first.participant_id = second.participant_id and first.part_hour = second.part_hour
    {%- else -%}
        {{ summarise_parts(sql) }}
    {%- endif -%}
{%- endmacro %}

{#- The parts of a table by participant and hour alone. -#}
{% macro parts_of_participants(name) -%}
    select participant_id, part_hour, {{ joined_texts("fingerprint") }} as fingerprint
    from {{ companion(name) }}
    group by participant_id, part_hour
{%- endmacro %}

{% macro present_parts() -%}
    {%- if not has_companion() -%}
        {{ summarise_parts("select * from " ~ this) }}
    {%- elif config.get("lines_of") -%}
        select {{ config.require("part_by") | join(", ") }}, part_hour, row_count, cast(line_count as varchar) as fingerprint
        from {{ companion() }}
    {%- else -%}
        select {{ config.require("part_by") | join(", ") }}, part_hour, row_count, fingerprint
        from {{ companion() }}
    {%- endif -%}
{%- endmacro %}

{#- What a query's rows are, part by part. -#}
{% macro summarise_parts(rows) -%}
    {%- set part_by = config.require("part_by") -%}
    {%- set time = config.get("part_time") or part_hour() -%}
    select
        {{ part_by | join(", ") }},
        {{ part_hour() }} as part_hour,
        count(*) as row_count,
        {{ "cast(sum(line_count) as bigint)" if config.get("lines_of") else "cast(null as bigint)" }} as line_count,
        min({{ time }}) as first_time,
        max({{ time }}) as last_time,
        {{ fingerprint() }} as fingerprint
    from ({{ rows }}) as summarised
    group by {{ (part_by + ([part_hour()] if config.get("part_time") else [])) | join(", ") }}
{%- endmacro %}

{% macro fingerprint() -%}
    {{ checksum(config.get("fingerprint_by") or model.columns.keys() | list) }}
{%- endmacro %}
