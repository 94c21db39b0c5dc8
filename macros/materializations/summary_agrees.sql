{#- Whether the summary counts as many rows as the table had when the build started. If not, an earlier build died between the two. -#}
{% macro summary_agrees() %}
    {% set found = found_at_start().get(model.name, {}) %}
    {{ return(agreed_at_start() or (summary_is_there() and found.get("counted", 0) == found.get("rows"))) }}
{% endmacro %}
