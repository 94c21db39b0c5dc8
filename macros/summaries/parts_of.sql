{#- The parts of a model's table, for another model to read instead of its rows: key, part_hour, row_count and line_count.
    A unit test gives rows, so there they are summarised on the spot. -#}
{% macro parts_of(name, key, time, has_lines=false) -%}
    {%- set relation = ref(name) -%}
    {%- if execute and model.resource_type == "unit_test" -%}
        (
            select
                {{ key }},
                date_trunc('hour', {{ time }}) as part_hour,
                count(*) as row_count,
                {{ "sum(line_count)" if has_lines else "null" }} as line_count
            from {{ relation }}
            group by {{ key }}, date_trunc('hour', {{ time }})
        )
    {%- else -%}
        {{ summary_of(name) }}
    {%- endif -%}
{%- endmacro %}
