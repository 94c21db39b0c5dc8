{#- Where the table landing_file lies, below the bucket. -#}
{% macro athena_listing_place() %}
    {{ return("lake/" ~ zone_schema(target.schema, "audit") ~ "/landing_file") }}
{% endmacro %}
