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
    {% set is_of_participants = books_removals() %}
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

{#- Whether rows that leave this model are booked in the audit: those of people, in trusted and curated. -#}
{% macro books_removals() %}
    {{ return("participant_id" in (config.get("part_by") or []) and model.fqn[1] in ["trusted", "curated"]) }}
{% endmacro %}

{#- Books who will leave when the table is replaced by `rows` (SQL); for tables without a summary. Rows by reason. -#}
{% macro note_removals_by(rows) %}
    {% set there = load_relation(this) %}
    {% if there is none or "participant_id" not in adapter.get_columns_in_relation(there) | map(attribute="name") | map("lower") %}
        {{ return({}) }}
    {% endif %}
    {% set parts %}
        select
            present.participant_id,
            present.row_count as present_rows,
            coalesce(wanted.row_count, 0) as row_count
        from (select participant_id, count(*) as row_count from {{ this }} group by participant_id) as present
        left join (
            select participant_id, count(*) as row_count from ({{ rows }}) as wanted group by participant_id
        ) as wanted on present.participant_id = wanted.participant_id
    {% endset %}
    {{ return(note_removals(parts)) }}
{% endmacro %}

{#- Books in the audit how many rows of which participant leave this table, and why; returns the rows by reason.
    `parts` has part_by, present_rows (what was) and row_count (what is). -#}
{% macro note_removals(parts) %}
    {{ return(book_removals(model.name, parts, "device_id" in config.require("part_by"))) }}
{% endmacro %}

{% macro book_removals(name, parts, has_device) %}
    {% do run_query(
        "insert into " ~ zone_relation("audit", "removal") ~ " (
            build_id, removed_at, relation, participant_id, reason, row_count
        )
        select '" ~ invocation_id ~ "', " ~ build_clock() ~ ", '" ~ name ~ "', participant_id, reason,
            cast(sum(present_rows - row_count) as bigint)
        from (" ~ get_removal_reasons_sql(name, parts, has_device) ~ ") as parts
        where present_rows > row_count
        group by participant_id, reason"
    ) %}
    {% set removed = {} %}
    {% for row in run_query(
        "select reason, sum(row_count) from " ~ zone_relation("audit", "removal") ~ "
        where build_id = '" ~ invocation_id ~ "' and relation = '" ~ name ~ "' group by reason order by reason"
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

{#- `parts` with why a participant's rows leave, by the tables that decide it, which are built before. -#}
{% macro get_removal_reasons_sql(name, parts, has_device) -%}
    select
        parts.*,
        case
            {%- if name != "customer_trusted" %}
            when customer_trusted.participant_id is not null
                then
                    {%- if has_device %}
                    case when device_trusted.device_id is null then 'device_not_theirs' else 'out_of_scope' end
                    {%- else %}
                    'out_of_scope'
                    {%- endif %}
            {%- endif %}
            when int_consent.participant_id is null then 'unknown_customer'
            when int_consent.state = 'in_doubt' then 'in_doubt'
            else 'no_consent'
        end as reason
    from ({{ parts }}) as parts
    left join {{ zone_relation("staging", "int_consent") }} as int_consent
        on parts.participant_id = int_consent.participant_id
    {%- if name != "customer_trusted" %}
    left join {{ zone_relation("trusted", "customer_trusted") }} as customer_trusted
        on parts.participant_id = customer_trusted.participant_id
    {%- if has_device %}
    left join {{ zone_relation("trusted", "device_trusted") }} as device_trusted
        on parts.device_id = device_trusted.device_id and parts.participant_id = device_trusted.participant_id
    {%- endif %}
    {%- endif %}
{%- endmacro %}
