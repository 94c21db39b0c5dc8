{#- Whether rows that leave this model are booked in the audit: those of people, in trusted and curated. -#}
{% macro books_removals() %}
    {{ return("participant_id" in part_spec()["by"] and model.fqn[1] in ["trusted", "curated"]) }}
{% endmacro %}
