{#- The parts that the table should have, each with its fingerprint. -#}
{% macro get_wanted_parts_sql() -%}
    {%- set part_by = config.require("part_by") -%}
    {%- if config.get("lines_of") -%}
        select {{ part_by | join(", ") }}, part_hour, cast(sum(row_count) as varchar) as fingerprint
        from {{ summary_of(config.get("lines_of")) }}
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
        from {{ summary_of(config.get("admitted_from")) }} as parts
        inner join {{ ref(config.require("admitted_by")) }} as admitted on parts.{{ key }} = admitted.{{ key }}
    {%- elif config.get("paired_from") -%}
        {%- set pair = config.get("paired_from") -%}
        select
            first.participant_id,
            first.part_hour,
            first.fingerprint || ' ' || second.fingerprint as fingerprint
        from ({{ get_parts_of_participants_sql(pair[0]) }}) as first
        inner join ({{ get_parts_of_participants_sql(pair[1]) }}) as second
            on first.participant_id = second.participant_id and first.part_hour = second.part_hour
    {%- else -%}
        {{ get_parts_sql(sql) }}
    {%- endif -%}
{%- endmacro %}

{#- The parts of a table by participant and hour alone. -#}
{% macro get_parts_of_participants_sql(name) -%}
    select participant_id, part_hour, {{ joined_texts("fingerprint") }} as fingerprint
    from {{ summary_of(name) }}
    group by participant_id, part_hour
{%- endmacro %}
