{#- Literal bounds, so that an engine opens only the files of those hours; `hours` is [first, last], or empty for none. -#}
{% macro within_hours(relation, hours) -%}
    {%- if not hours -%}
        1 = 0
    {%- elif config.get("part_time") -%}
        {{ relation }}.{{ config.get("part_time") }} >= timestamp '{{ hours[0] }}'
        and {{ relation }}.{{ config.get("part_time") }} < timestamp '{{ hours[1] + modules.datetime.timedelta(hours=1) }}'
    {%- else -%}
        1 = 1
    {%- endif -%}
{%- endmacro %}
