{#- When a line's file landed: timestamp(6), UTC, whole seconds. A file that was written again without the lines of somebody who was erased
    landed when it first did; the erasure list has that time. `file`: the line's source_file. -#}
{% macro loaded_at(file=none) -%}
    {{ adapter.dispatch("loaded_at", "stedi")(file or plain_source_file()) }}
{%- endmacro %}

{% macro default__loaded_at(file) -%}
    {{ unsupported_engine("loaded_at") }}
{%- endmacro %}

{% macro athena__loaded_at(file) -%}
    {%- set written = 'cast(date_trunc(\'second\', "$file_modified_time" at time zone \'UTC\') as timestamp(6))' -%}
    coalesce(
        element_at(
            (
                select map_agg(listed || ' ' || substr(cast(until_time as varchar), 1, 19), at_time)
                from {{ erasure("file") }} as rewritten
            ),
            {{ file }} || ' ' || substr(cast({{ written }} as varchar), 1, 19)
        ),
        {{ written }}
    )
{%- endmacro %}

{#- Landing was listed with those times. -#}
{% macro duckdb__loaded_at(file) -%}
    date_trunc('second', "$file_modified_time")
{%- endmacro %}
