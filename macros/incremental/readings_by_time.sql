{#- Readings with key, time, row_count and line_count. Where consent counts from its date on they are needed one by one;
    otherwise an hour of them is enough, under the hour's time. -#}
{% macro readings_by_time(name) -%}
    {%- if var("consent_scope") == "since_consent" -%}
        (select {{ ref(name) }}.*, 1 as row_count from {{ ref(name) }})
    {%- else -%}
        (select parts.*, part_hour as {{ "reading_time" if "accelerometer" in name else "sensor_reading_time" }} from {{ parts_of(name) }} as parts)
    {%- endif -%}
{%- endmacro %}
