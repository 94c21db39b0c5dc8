{#- Whether a model's build changed its table, as the result that dbt shows and `record_build` reads: unchanged, changed, new files or
    built anew. -#}
{% macro note_change(change) %}
    {% do store_raw_result(name="main", message=change, code=change, rows_affected=none) %}
{% endmacro %}

{#- Whether rows that leave this model are booked in the audit: those of people, in trusted and curated. -#}
{% macro books_removals() %}
    {{ return("participant_id" in (config.get("part_by") or []) and model.fqn[1] in ["trusted", "curated"]) }}
{% endmacro %}

{#- Books who will leave when the table is replaced by `rows` (SQL); for tables without a summary. -#}
{% macro note_removals_by(rows) %}
    {% set there = load_relation(this) %}
    {% if there is none or "participant_id" not in adapter.get_columns_in_relation(there) | map(attribute="name") | map("lower") %}
        {{ return("") }}
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
    {% do note_removals(parts) %}
{% endmacro %}

{#- Books in the audit how many rows of which participant leave this table, and why. `parts` has part_by, present_rows (what was) and
    row_count (what is). -#}
{% macro note_removals(parts) %}
    {% do book_removals(model.name, parts, "device_id" in config.require("part_by")) %}
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
{% endmacro %}

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
