{#- Books who will leave when the table is replaced by `rows` (SQL); for tables without a summary. -#}
{% macro book_removals_by(rows) %}
    {% set there = load_relation(this) %}
    {% if there is none or "participant_id" not in column_names(there) %}
        {{ return("") }}
    {% endif %}
    {% set parts %}
        select
            present.participant_id,
            present.row_count as present_rows,
            coalesce(wanted.row_count, 0) as row_count
        from (select participant_id, count(*) as row_count from {{ this }} group by participant_id) as present
        left join (
            select participant_id, count(*) as row_count from ({{ rows }}) as wanted group by participant_id
        ) as wanted on present.participant_id = wanted.participant_id
    {% endset %}
    {% do book_removals(parts) %}
{% endmacro %}
