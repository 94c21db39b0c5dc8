{#- The parts of a model's table, for another model to read instead of its rows: key, part_hour, row_count, line_count,
    first_time and last_time. A unit test gives rows, so there they are summarised on the spot. -#}
{% macro parts_of(name, key, time, has_lines=false) -%}
    {%- set relation = ref(name) -%}
    {%- if execute and model.resource_type == "unit_test" -%}
        (
            select
                {{ key }},
                date_trunc('hour', {{ time }}) as part_hour,
                count(*) as row_count,
                {{ "sum(line_count)" if has_lines else "null" }} as line_count,
                min({{ time }}) as first_time,
                max({{ time }}) as last_time
            from {{ relation }}
            group by {{ key }}, date_trunc('hour', {{ time }})
        )
    {%- else -%}
        {{ companion(name) }}
    {%- endif -%}
{%- endmacro %}

{#- The lines of a staging table by file, reason for rejection and key: the columns source_file, loaded_at, rejection_reason,
    those of its part_by, and row_count. -#}
{% macro lines_of(name) -%}
    {%- set relation = ref(name) -%}
    {%- if execute and model.resource_type == "unit_test" -%}
        (select fixture.*, 1 as row_count from {{ relation }} as fixture)
    {%- else -%}
        {{ companion(name) }}
    {%- endif -%}
{%- endmacro %}

{#- Readings with key, time, row_count and line_count. Where consent counts from its date on they are needed one by one;
    otherwise an hour of them is enough, under the hour's time. -#}
{% macro readings_by_time(name, key, time) -%}
    {%- if var("consent_scope") == "since_consent" -%}
        (select readings.*, 1 as row_count from {{ ref(name) }} as readings)
    {%- else -%}
        (select parts.*, part_hour as {{ time }} from {{ parts_of(name, key, time, has_lines=true) }} as parts)
    {%- endif -%}
{%- endmacro %}
