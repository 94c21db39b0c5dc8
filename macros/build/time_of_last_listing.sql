{#- When the last build listed landing, in seconds since 1970 UTC; none before the first build, and where another landing takes the place
    of the one that was read. -#}
{% macro time_of_last_listing() %}
    {% set listed_at = (remembered_landing() or {}).get("listed_at") if not var("replace_landing") %}
    {{ return((listed_at - modules.datetime.datetime(1970, 1, 1)).total_seconds() | int if listed_at else none) }}
{% endmacro %}
