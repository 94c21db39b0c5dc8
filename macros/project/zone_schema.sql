{#- The schema of a zone: `stedi_trusted`. -#}
{% macro zone_schema(target_schema, zone) -%}
    {{ target_schema if zone is none else target_schema ~ "_" ~ (zone | trim) }}
{%- endmacro %}
