{#- The companion of a table: what it holds, part by part (`reconciled`) or file by file (`landed`). In staging, because it
    speaks of people who did not consent too. -#}
{% macro companion(name=none) %}
    {{ return(zone_relation("staging", (name or model.name) ~ "_parts")) }}
{% endmacro %}

{% macro has_companion() %}
    {{ return(config.get("part_time") is not none or config.get("materialized") == "landed") }}
{% endmacro %}

{#- Whether the companion is there, with the columns that it should have. -#}
{% macro companion_is_there() %}
    {% set there = load_relation(companion()) %}
    {% if there is none %}
        {{ return(false) }}
    {% endif %}
    {% set columns = adapter.get_columns_in_relation(there) | map(attribute="name") | map("lower") | sort %}
    {{ return(columns == companion_columns() | sort) }}
{% endmacro %}

{#- Whether it also counted, when the build started, the rows that the table had. -#}
{% macro companion_agrees() %}
    {% set found = found_at_start().get(model.name, {}) %}
    {{ return(companion_is_there() and found.get("counted", 0) == found.get("rows")) }}
{% endmacro %}

{% macro companion_columns() %}
    {% set part_by = config.require("part_by") %}
    {% set hour = ["part_hour"] if config.get("part_time") else [] %}
    {% if config.get("materialized") == "landed" %}
        {{ return(["source_file", "loaded_at", "rejection_reason"] + part_by + hour + ["row_count"]) }}
    {% endif %}
    {{ return(part_by + hour + ["row_count", "line_count", "first_time", "last_time", "fingerprint"]) }}
{% endmacro %}

{#- Makes the companion from the table as it is. Rows that the old one counted and the table has lost since are noted as
    removed: a full refresh took them, or a build that died before it could say so. -#}
{% macro renew_companion(is_built_anew=false) %}
    {% if config.get("materialized") == "landed" %}
        {% do make_table(companion(), summarise_files()) %}
        {{ return("") }}
    {% endif %}
    {% set now = summarise_parts("select * from " ~ this) %}
    {% if books_removals() and companion_is_there() %}
        {% set lost %}
            select
                {%- for column in config.require("part_by") + ["part_hour"] %}
                known.{{ column }},
                {%- endfor %}
                known.row_count as present_rows,
                coalesce(now.row_count, 0) as row_count
            from {{ companion() }} as known
            left join ({{ now }}) as now
                on
                    {%- for column in config.require("part_by") %}
                    known.{{ column }} = now.{{ column }} and
                    {%- endfor %}
                    known.part_hour = now.part_hour
        {% endset %}
        {% do note_removals(lost) %}
    {% endif %}
    {% if not config.get("paired_from") %}
        {% do make_table(companion(), now) %}
    {% elif is_built_anew %}
        {% set parts %}
            select wanted.*, cast(0 as bigint) as present_rows
            from (select participant_id, part_hour, fingerprint as wanted_fingerprint from ({{ wanted_parts() }}) as pairs) as wanted
        {% endset %}
        {% do make_table(
            companion(),
            "select " ~ companion_columns() | join(", ") ~ " from (" ~ parts_as_they_are({"sql": parts, "wanted_hours": all_hours()}) ~ ") as parts"
        ) %}
    {% else %}
        {#- What the pairs were made of cannot be read off them, so all of them will be made again. -#}
        {% do make_table(companion(), now.replace(fingerprint(), "'unknown'")) %}
    {% endif %}
{% endmacro %}
