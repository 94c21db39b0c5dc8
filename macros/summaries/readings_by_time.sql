{#- Readings with key, time, row_count and line_count. Where consent counts from its date on they are needed one by one;
    otherwise an hour of them is enough, under the hour's time. -#}
{% macro readings_by_time(name, key, time) -%}
    {%- if var("consent_scope") == "since_consent" -%}
        (select readings.*, 1 as row_count from {{ ref(name) }} as readings)
    {%- else -%}
        (select parts.*, part_hour as {{ time }} from {{ parts_of(name, key, time, has_lines=true) }} as parts)
    {%- endif -%}
{%- endmacro %}
