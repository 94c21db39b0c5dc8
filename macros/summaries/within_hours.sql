{#- Literal bounds, so that an engine opens only the files of those hours; `hours` is [first, last], or empty for none. `time` is the
    model's `time`, or a column of hours. -#}
{% macro within_hours(relation, hours, time=none) -%}
    {%- set time = time or part_spec()["time"] -%}
    {%- if not hours -%}
        1 = 0
    {%- elif time -%}
        {{ relation }}.{{ time }} >= timestamp '{{ hours[0] }}'
        and {{ relation }}.{{ time }} < timestamp '{{ hours[1] + modules.datetime.timedelta(hours=1) }}'
    {%- else -%}
        1 = 1
    {%- endif -%}
{%- endmacro %}
