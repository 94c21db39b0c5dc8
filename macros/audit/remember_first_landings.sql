{#- Writes down when the documents of a staging table first landed, those alone that the audit does not know yet: of these files, or of
    all. Nothing for a model without `meta: {first_landings: ...}`. -#}
{% macro remember_first_landings(files=none) %}
    {% set ledger = config.get("meta", {}).get("first_landings") %}
    {% if ledger %}
        {% set known = zone_relation("audit", ledger) %}
        {% do run_query(
            "insert into " ~ known ~ " (document_id, named_participants, source_file, landed_at)
            select document_id, min(coalesce(participant_id, named_participants)), min(landed_in), min(landed_at)
            from " ~ this ~ " as staged
            where document_id is not null and document_id not in (select document_id from " ~ known ~ ")
            " ~ ("and " ~ is_in_files_read(files, "staged") if files else "") ~ "
            group by document_id"
        ) %}
    {% endif %}
{% endmacro %}
