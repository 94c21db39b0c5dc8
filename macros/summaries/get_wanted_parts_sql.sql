{#- The parts that the table should have in the scope, each with its fingerprint. -#}
{% macro get_wanted_parts_sql(scope={}) -%}
    {%- set by = part_spec()["by"] -%}
    {%- if part_spec()["lines_of"] -%}
        select {{ by | join(", ") }}, part_hour, cast(sum(row_count) as varchar) as fingerprint
        from {{ summary_of(part_spec()["lines_of"]) }} as lines
        where not is_total and rejection_reason is null and {{ within_scope("lines", scope) }}
        group by {{ by | join(", ") }}, part_hour
    {%- elif part_spec()["admitted"] and var("consent_scope") == "all_readings" -%}
        {%- set key = part_spec()["admitted"]["key"] -%}
        select
            {%- for column in by %}
            {{ "parts" if column == key else "admitted" }}.{{ column }},
            {%- endfor %}
            parts.part_hour,
            parts.fingerprint
        from {{ summary_of(part_spec()["admitted"]["from"]) }} as parts
        inner join {{ ref(part_spec()["admitted"]["by"]) }} as admitted on parts.{{ key }} = admitted.{{ key }}
        where not parts.is_total and {{ within_scope("parts", scope) }}
    {%- elif part_spec()["pairs_of"] -%}
        {%- set pair = part_spec()["pairs_of"] -%}
        select
            first.participant_id,
            first.part_hour,
            first.fingerprint || ' ' || second.fingerprint as fingerprint
        from ({{ get_parts_of_participants_sql(pair[0], scope) }}) as first
        inner join ({{ get_parts_of_participants_sql(pair[1], scope) }}) as second
            on first.participant_id = second.participant_id and first.part_hour = second.part_hour
    {%- else -%}
        {{ get_parts_sql("select * from (" ~ sql ~ ") as wanted where " ~ within_scope("wanted", scope, part_spec()["time"])) }}
    {%- endif -%}
{%- endmacro %}

{#- The parts of a table by participant and hour alone. -#}
{% macro get_parts_of_participants_sql(name, scope) -%}
    select participant_id, part_hour, {{ joined_texts("fingerprint") }} as fingerprint
    from {{ summary_of(name) }} as parts
    where not is_total and {{ within_scope("parts", scope) }}
    group by participant_id, part_hour
{%- endmacro %}
