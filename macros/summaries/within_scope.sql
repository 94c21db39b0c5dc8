{#- What of a table is compared: all of it ({}), the parts of some hours ({"hours": [first, last]}), or those of some keys ({"column", "keys"}).
    `time`: the column of hours in `relation`, or of its readings. -#}
{% macro within_scope(relation, scope, time="part_hour") -%}
    {%- if "hours" in scope -%}
        {{ within_hours(relation, scope["hours"], time) }}
    {%- elif "keys" in scope -%}
        {{ relation }}.{{ scope["column"] }} in ('{{ scope["keys"] | join("', '") }}')
    {%- else -%}
        1 = 1
    {%- endif -%}
{%- endmacro %}
