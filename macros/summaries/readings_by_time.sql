{#- Readings with key, time, row_count and line_count. Where consent counts from its date on they are needed one by one;
    otherwise how many there are of each key is enough, and their time is null. -#}
{% macro readings_by_time(name, key, time) -%}
    {%- if var("consent_scope") == "since_consent" -%}
        (select readings.*, 1 as row_count from {{ ref(name) }} as readings)
    {%- else -%}
        (select totals.*, cast(null as timestamp) as {{ time }} from {{ totals_of(name, key) }} as totals)
    {%- endif -%}
{%- endmacro %}
