{#- Whether a model's build changed its table, as the result that dbt shows and `record_build` reads: unchanged, changed, new files or
    built anew. -#}
{% macro note_change(change) %}
    {% do store_raw_result(name="main", message=change, code=change, rows_affected=none) %}
{% endmacro %}
