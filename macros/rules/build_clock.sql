{#- The start of this build as timestamp(6) UTC: one clock for all models, so that no two of them disagree. -#}
{% macro build_clock() -%}
    timestamp '{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") }}'
{%- endmacro %}
