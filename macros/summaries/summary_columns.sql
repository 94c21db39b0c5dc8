{#- The columns of the summary of the model that is built. A row with `is_total` sums up the others: of one file and reason for rejection
    (`landed`), or of one key (`reconciled`), in all hours. -#}
{% macro summary_columns() %}
    {% set by = part_spec()["by"] + ["part_hour"] %}
    {% if config.get("materialized") == "landed" %}
        {{ return(["source_file", "loaded_at", "rejection_reason"] + by + ["row_count", "is_total"]) }}
    {% endif %}
    {{ return(by + ["row_count", "line_count", "fingerprint", "is_total"]) }}
{% endmacro %}
