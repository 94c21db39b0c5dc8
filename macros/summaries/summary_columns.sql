{#- The columns of the summary of the model that is built. -#}
{% macro summary_columns() %}
    {% set part_by = config.require("part_by") %}
    {% set hour = ["part_hour"] if config.get("part_time") else [] %}
    {% if config.get("materialized") == "landed" %}
        {{ return(["source_file", "loaded_at", "rejection_reason"] + part_by + hour + ["row_count"]) }}
    {% endif %}
    {{ return(part_by + hour + ["row_count", "line_count", "fingerprint"]) }}
{% endmacro %}
