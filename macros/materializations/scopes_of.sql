{#- The scopes in which this model has changed its table, from the parts it replaced; none where they are too many to tell. -#}
{% macro scopes_of(changed) %}
    {% set scopes = [] %}
    {% for parts in changed %}
        {% if "hours" in parts.scope %}
            {% do scopes.append({"hours": parts.hours}) %}
        {% elif parts["keys"] %}
            {% do scopes.append({"column": part_spec()["by"][0], "keys": parts["keys"]}) %}
        {% else %}
            {{ return(none) }}
        {% endif %}
    {% endfor %}
    {{ return(scopes) }}
{% endmacro %}
