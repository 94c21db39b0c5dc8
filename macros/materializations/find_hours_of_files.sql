{#- The scopes in which the good lines of these landing files lie; none for a table without a `time`. -#}
{% macro find_hours_of_files(files) %}
    {% if not part_spec()["time"] %}
        {{ return(none) }}
    {% endif %}
    {% set hours = run_query(
        "select min(part_hour), max(part_hour) from " ~ summary_of() ~ "
        where not is_total and rejection_reason is null and " ~ is_in_files_read(files)
    ).rows[0] %}
    {{ return([{"hours": [hours[0], hours[1]]}] if hours[0] else []) }}
{% endmacro %}
