{#- What of the table has to be compared, as a list of scopes (within_scope). All of it, unless it agreed with what it is made from
    when the build began. Then only what this build has changed in that can have made a difference: nothing, some hours, or some keys. -#}
{% macro scopes_to_compare() %}
    {% set everything = [{}] %}
    {% if not agreed_at_start() or build_clock() in sql %}
        {{ return(everything) }}
    {% endif %}
    {% set hours = [] %}
    {% set keys = {} %}
    {% for name, scopes in changed_scopes_of_inputs().items() %}
        {% if scopes is none or (scopes and not part_spec()["time"]) %}
            {{ return(everything) }}
        {% endif %}
        {% for scope in scopes %}
            {% do hours.extend(scope["hours"]) if "hours" in scope %}
            {% do keys.setdefault(scope["column"], []).extend(scope["keys"]) if "keys" in scope %}
        {% endfor %}
    {% endfor %}
    {% set scopes = [{"hours": [hours | min, hours | max]}] if hours else [] %}
    {% for column, of_column in keys.items() %}
        {% if column not in part_spec()["by"] or of_column | unique | list | length > most_keys() %}
            {{ return(everything) }}
        {% endif %}
        {% do scopes.append({"column": column, "keys": of_column | unique | sort}) %}
    {% endfor %}
    {{ return(scopes) }}
{% endmacro %}
