{#- What a model's build changed, as the result that dbt shows and `record_build` keeps: rows by reason. -#}
{% macro note_change(added={}, removed={}, files=0) %}
    {% set rows_added = added.values() | sum %}
    {% set rows_removed = removed.values() | sum %}
    {% do store_raw_result(
        name="main",
        message=("+" ~ rows_added ~ " -" ~ rows_removed) if rows_added or rows_removed else "unchanged",
        code=tojson({"added": added, "removed": removed, "files": files}),
        rows_affected=rows_added + rows_removed,
    ) %}
{% endmacro %}

{#- Notes what replacing the parts did, while the companion still says what was. -#}
{% macro note_parts_change(parts) %}
    {% set now = parts_as_they_are(parts) %}
    {% set is_of_participants = "participant_id" in config.require("part_by") %}
    {% set totals = run_query(
        "select " ~ (addition_reason() if is_of_participants else "'changed'") ~ " as reason,
            coalesce(sum(greatest(row_count - present_rows, 0)), 0), coalesce(sum(greatest(present_rows - row_count, 0)), 0)
        from (" ~ now ~ ") as parts group by 1"
    ).rows %}
    {% set added = {} %}
    {% set removed = {} %}
    {% for row in totals %}
        {% do added.update({row[0]: row[1] | int}) if row[1] %}
    {% endfor %}
    {% if totals | map(attribute=2) | sum %}
        {% set removed = note_removals(now) if is_of_participants else {"changed": totals[0][2] | int} %}
    {% endif %}
    {% do note_change(added, removed) %}
{% endmacro %}

{#- Keeps in the audit how many rows of which participant left this table, and why; returns the rows by reason.
    `parts` has part_by, present_rows (what was) and row_count (what is). -#}
{% macro note_removals(parts) %}
    {% do run_query(
        "insert into " ~ zone_relation("audit", "removal") ~ " (
            build_id, removed_at, relation, participant_id, reason, row_count
        )
        select '" ~ invocation_id ~ "', " ~ build_clock() ~ ", '" ~ model.name ~ "', participant_id, reason,
            cast(sum(present_rows - row_count) as bigint)
        from (select parts.*, " ~ removal_reason() ~ " as reason from (" ~ parts ~ ") as parts) as parts
        where present_rows > row_count
        group by participant_id, reason"
    ) %}
    {% set removed = {} %}
    {% for row in run_query(
        "select reason, sum(row_count) from " ~ zone_relation("audit", "removal") ~ "
        where build_id = '" ~ invocation_id ~ "' and relation = '" ~ model.name ~ "' group by reason order by reason"
    ).rows %}
        {% do removed.update({row[0]: row[1] | int}) %}
    {% endfor %}
    {{ return(removed) }}
{% endmacro %}

{% macro addition_reason() -%}
    {%- if has_companion() -%}
        case when participant_id in (select participant_id from {{ companion() }}) then 'new_readings' else 'new_participant' end
    {%- else -%}
        'new_participant'
    {%- endif -%}
{%- endmacro %}

{#- Why a participant's rows leave, by the tables that decide it, which are built before. -#}
{% macro removal_reason() -%}
    {%- if model.name == "customer_trusted" -%}
        'no_consent'
    {%- else -%}
        case
            when participant_id not in (select participant_id from {{ zone_relation("trusted", "customer_trusted") }})
                then 'no_consent'
            {%- if "device_id" in config.require("part_by") %}
            when concat(device_id, participant_id) not in (
                select concat(device_id, participant_id) from {{ zone_relation("trusted", "device_trusted") }}
            )
                then 'device_not_theirs'
            {%- endif %}
            else 'out_of_scope'
        end
    {%- endif -%}
{%- endmacro %}
