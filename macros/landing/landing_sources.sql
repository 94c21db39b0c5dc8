{#- The landing and vault sources as they stand in the manifest, lines before documents. -#}
{% macro landing_sources() %}
    {% set found = [] %}
    {% for source in graph.sources.values() if source.package_name == "stedi" and "location" in source.config.meta %}
        {% do found.append(source) %}
    {% endfor %}
    {{ return(found | sort(attribute="name", reverse=true)) }}
{% endmacro %}
