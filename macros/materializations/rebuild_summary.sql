{#- Makes the summary from the table as it is. The audit books the rows that the old summary counted and the table no longer has: a full
    refresh took them out, or a build that died before it could book them. -#}
{% macro rebuild_summary(table_is_new=false) %}
    {% if config.get("materialized") == "landed" %}
        {% do make_table(summary_of(), get_file_summary_sql(), apart_by="is_total") %}
        {{ return("") }}
    {% endif %}
    {% set now = get_parts_sql("select * from " ~ this) %}
    {% if books_removals() and summary_is_there() %}
        {% set lost %}
            select
                {%- for column in part_spec()["by"] + ["part_hour"] %}
                known.{{ column }},
                {%- endfor %}
                known.row_count as present_rows,
                coalesce(now.row_count, 0) as row_count
            from {{ summary_of() }} as known
            left join ({{ now }}) as now
                on
                    {%- for column in part_spec()["by"] %}
                    known.{{ column }} = now.{{ column }} and
                    {%- endfor %}
                    known.part_hour = now.part_hour
            where not known.is_total
        {% endset %}
        {% do book_removals(lost) %}
    {% endif %}
    {% if part_spec()["pairs_of"] and table_is_new %}
        {% set parts %}
            select wanted.*, cast(0 as bigint) as present_rows
            from (select participant_id, part_hour, fingerprint as wanted_fingerprint from ({{ get_wanted_parts_sql() }}) as pairs) as wanted
        {% endset %}
        {% set now = get_parts_now_sql({"sql": parts, "wanted_hours": all_hours()}) %}
    {% elif part_spec()["pairs_of"] %}
        {#- What the pairs were made of cannot be read off them, so all of them will be made again. -#}
        {% set now = now.replace(fingerprint(), "'unknown'") %}
    {% endif %}
    {% do make_table(summary_of(), get_summary_sql(now), apart_by="is_total") %}
{% endmacro %}

{#- Every hour a reading can have. -#}
{% macro all_hours() %}
    {{ return([modules.datetime.datetime(2000, 1, 1), modules.datetime.datetime(2100, 1, 1)]) }}
{% endmacro %}
