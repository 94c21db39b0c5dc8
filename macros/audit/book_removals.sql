{#- Books in the audit how many rows of which participant leave a table, and why. `parts` (SQL) has participant_id, device_id where
    has_device, present_rows (what was) and row_count (what is). -#}
{% macro book_removals(parts, name=none, has_device=none) %}
    {% set name = name or model.name %}
    {% set has_device = "device_id" in part_spec()["by"] if has_device is none else has_device %}
    {% do run_query(
        "insert into " ~ zone_relation("audit", "removal") ~ " (
            build_id, removed_at, relation, participant_id, reason, row_count
        )
        select '" ~ invocation_id ~ "', " ~ build_clock() ~ ", '" ~ name ~ "', participant_id, reason,
            cast(sum(present_rows - row_count) as bigint)
        from (" ~ get_removal_reasons_sql(name, parts, has_device) ~ ") as parts
        where
            present_rows > row_count
            and " ~ not_erased("participant_id") ~ "
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
            when int_consent.state in ('in_doubt', 'below_minimum_age') then int_consent.state
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
