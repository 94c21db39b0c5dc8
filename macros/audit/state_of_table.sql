{#- The name that the engine has for a table's state; none where it has none, or there is no table. -#}
{% macro state_of_table(relation) %}
    {{ return(adapter.dispatch("state_of_table", "stedi")(relation)) }}
{% endmacro %}

{% macro default__state_of_table(relation) %}
    {{ unsupported_engine("state_of_table") }}
{% endmacro %}

{% macro athena__state_of_table(relation) %}
    {% set table = adapter.get_glue_table(relation) %}
    {{ return(table["Table"]["Parameters"].get("metadata_location") if table else none) }}
{% endmacro %}

{#- DuckDB names no states; there, comparing is cheap. -#}
{% macro duckdb__state_of_table(relation) %}
    {{ return(none) }}
{% endmacro %}
