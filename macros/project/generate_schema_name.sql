{#- One schema per zone. A model without a zone would land beside personal data by accident, so it does not compile. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name is none and node.resource_type in ("model", "seed", "snapshot") -%}
        {{ exceptions.raise_compiler_error(
            node.resource_type ~ " " ~ node.name ~ " has no zone: put it in models/staging, "
            ~ "models/trusted, models/curated or models/audit"
        ) }}
    {%- endif -%}
    {{ zone_schema(target.schema, custom_schema_name) }}
{%- endmacro %}
