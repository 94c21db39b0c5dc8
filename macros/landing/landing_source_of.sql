{#- The one landing source that a staging model reads. -#}
{% macro landing_source_of(model) %}
    {% for id in model.depends_on.nodes if id.startswith("source.") and graph.sources[id].config.meta.format == "lines" %}
        {{ return(graph.sources[id]) }}
    {% endfor %}
{% endmacro %}
