{#- The parts of a model's table, for another model to read instead of its rows: the columns of its part_by, part_hour,
    row_count, line_count, first_time and last_time. A unit test gives rows, so there they are summarised on the spot. -#}
{% macro parts_of(name) -%}
    {%- set relation = ref(name) -%}
    {%- if not execute -%}
        {{ relation }}
    {%- elif model.resource_type == "unit_test" -%}
        {%- set options = graph.nodes["model.stedi." ~ name].config -%}
        {%- set keys = options.part_by -%}
        {%- set has_lines = options.get("lines_of") is not none -%}
        (
            select
                {{ keys | join(", ") }},
                date_trunc('hour', {{ options.part_time }}) as part_hour,
                count(*) as row_count,
                {{ "sum(line_count)" if has_lines else "null" }} as line_count,
                min({{ options.part_time }}) as first_time,
                max({{ options.part_time }}) as last_time
            from {{ relation }}
            group by {{ keys | join(", ") }}, date_trunc('hour', {{ options.part_time }})
        )
    {%- else -%}
        {{ companion(name) }}
    {%- endif -%}
{%- endmacro %}

{#- The lines of a staging table by reason for rejection: the columns rejection_reason and row_count. -#}
{% macro lines_of(name) -%}
    {%- set relation = ref(name) -%}
    {%- if not execute -%}
        {{ relation }}
    {%- elif model.resource_type == "unit_test" -%}
        (select rejection_reason, 1 as row_count from {{ relation }})
    {%- else -%}
        {{ companion(name) }}
    {%- endif -%}
{%- endmacro %}
