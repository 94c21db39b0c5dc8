{#- A model's SQL for these files alone, with their times as literals: the list of all files is not read for a few. -#}
{% macro with_landing_times(statement, files) %}
    {{ return(adapter.dispatch("with_landing_times", "stedi")(statement, files)) }}
{% endmacro %}

{% macro default__with_landing_times(statement, files) %}
    {{ unsupported_engine("with_landing_times") }}
{% endmacro %}

{#- Landing was listed with those times. -#}
{% macro duckdb__with_landing_times(statement, files) %}
    {{ return(statement) }}
{% endmacro %}

{% macro athena__with_landing_times(statement, files) %}
    {% set names = [] %}
    {% set times = [] %}
    {% for file in files if file["another_time_than"] %}
        {% do names.append("'" ~ file["source_file"] | replace("'", "''") ~ " " ~ file["another_time_than"] ~ "'") %}
        {% do times.append("timestamp '" ~ file["landed_at"] ~ "'") %}
    {% endfor %}
    {% if names | length > 500 %}
        {{ return(statement) }}
    {% endif %}
    {% set literal = "map(cast(array[" ~ names | join(", ") ~ "] as array(varchar)), cast(array[" ~ times | join(", ")
        ~ "] as array(timestamp(6))))" %}
    {{ return(statement | replace(noted_landing_times(), literal)) }}
{% endmacro %}
