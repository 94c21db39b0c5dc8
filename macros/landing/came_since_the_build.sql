{#- Whether a landing file is not as the latest build found it: it came or changed since, so nothing can be said of it yet. -#}
{% macro came_since_the_build(source_file, loaded_at) -%}
    {{ adapter.dispatch("came_since_the_build", "stedi")(source_file, loaded_at) }}
{%- endmacro %}

{% macro default__came_since_the_build(source_file, loaded_at) -%}
    {{ unsupported_engine("came_since_the_build") }}
{%- endmacro %}

{#- S3 dates an object when it lands. -#}
{% macro athena__came_since_the_build(source_file, loaded_at) -%}
    (
        coalesce({{ loaded_at }} >= date_trunc('second', {{ start_of_latest_build() }}), false)
        or {{ source_file }} in (select source_file from {{ zone_relation("audit", "landing_file") }} where status = 'unreadable')
    )
{%- endmacro %}

{#- Looks at the files again; those that were set aside after they had been read cannot be compared either. -#}
{% macro duckdb__came_since_the_build(source_file, loaded_at) -%}
    {%- set noted = zone_relation("audit", "landing_file") -%}
    {{ source_file }} in (
        select source_file
        from {{ noted }}
        where status = 'unreadable' or stedi_file_state(path) not in ('', state)
    )
{%- endmacro %}

{% macro start_of_latest_build() -%}
    {%- if is_build() -%}
        {{ build_clock() }}
    {%- else -%}
        (select max(started_at) from {{ zone_relation("audit", "build") }})
    {%- endif -%}
{%- endmacro %}
