{#- For `dbt source freshness`. Athena would open every landing file to tell when the last one landed; S3 lists them. -#}
{% macro athena__collect_freshness(source, loaded_at_field, filter) %}
    {% set landed = landing_sources() | selectattr("identifier", "equalto", source.identifier) | list %}
    {% set times = landing_objects(landed[0]) | map(attribute="landed_at") | list %}
    {% call statement("collect_freshness", fetch_result=true, auto_begin=false) %}
        select
            {{ "timestamp '" ~ times | max ~ "'" if times else "cast(null as timestamp(6))" }} as max_loaded_at,
            {{ current_timestamp() }} as snapshotted_at
    {% endcall %}
    {{ return(load_result("collect_freshness")) }}
{% endmacro %}
