{#- One schema per zone. A model without a zone would land beside personal data by accident, so it does not compile. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name is none and node.resource_type in ("model", "seed", "snapshot") -%}
        {%- if node.package_name != project_name -%}
            {{ exceptions.raise_compiler_error(
                node.resource_type ~ " " ~ node.name ~ " of package " ~ node.package_name ~ " has no schema: name one for all of them in "
                ~ "dbt_project.yml, " ~ node.resource_type ~ "s: {" ~ node.package_name ~ ": {+schema: " ~ node.package_name ~ "}} (docs/privacy.md)"
            ) }}
        {%- endif -%}
        {{ exceptions.raise_compiler_error(
            node.resource_type ~ " " ~ node.name ~ " has no zone: put it in models/staging, "
            ~ "models/trusted, models/curated or models/audit"
        ) }}
    {%- endif -%}
    {{ zone_schema(target.schema, custom_schema_name) }}
{%- endmacro %}
