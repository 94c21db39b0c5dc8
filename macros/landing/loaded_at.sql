{#- When a line's file landed (docs/rules.md, When something landed): timestamp(6), UTC, whole seconds. `file`: the line's source_file. -#}
{% macro loaded_at(file=none) -%}
    {{ adapter.dispatch("loaded_at", "stedi")(file or plain_source_file()) }}
{%- endmacro %}

{% macro default__loaded_at(file) -%}
    {{ unsupported_engine("loaded_at") }}
{%- endmacro %}

{#- As the build noted it, where that is not the object's own time. -#}
{% macro athena__loaded_at(file) -%}
    {%- set written = 'cast(date_trunc(\'second\', "$file_modified_time" at time zone \'UTC\') as timestamp(6))' -%}
    coalesce(
        element_at(
            {{ noted_landing_times() }},
            {{ file }} || ' ' || cast(cast(to_unixtime({{ written }}) as bigint) as varchar)
        ),
        {{ written }}
    )
{%- endmacro %}

{#- Landing was listed with those times. -#}
{% macro duckdb__loaded_at(file) -%}
    date_trunc('second', "$file_modified_time")
{%- endmacro %}
