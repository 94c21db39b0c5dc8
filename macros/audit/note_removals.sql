{#- Books in the audit how many rows of which participant leave this table, and why. `parts` has `by`, present_rows (what was) and
    row_count (what is). -#}
{% macro note_removals(parts) %}
    {% do book_removals(model.name, parts, "device_id" in part_spec()["by"]) %}
{% endmacro %}
