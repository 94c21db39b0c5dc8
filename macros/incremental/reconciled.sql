{#- Materialises a table that is compared with what it should be, part by part, and rewritten where the two differ.

    A part is the rows of one value of `part_by` (columns) and, where `part_time` names a column, one hour of it. New
    readings, late files, consent given, withdrawn or moved, a device that became shared, a build that died: all of them
    are parts that differ, and nothing has to remember which it was. Differing parts are replaced in one MERGE.

    Small tables are compared row by row with their own SQL. A table with a `part_time` has a companion in staging,
    `<model>_parts`, that says how many rows each part holds and their fingerprint; so comparing reads no readings:
      lines_of: the staging relation of which each part must count every good line (the table has a line_count);
      admitted_from, admitted_by: the table must hold every part of the first whose key is in the second;
      paired_from: two tables of which each part must hold the pairs.
    The companion is written after the table. Where a build died in between, the two differ in their number of rows, or
    the companion still says what was: either way the next build does the part again.

    The first build, a full refresh, and a change of columns or of the definition (definition_of_model) build the table anew. -#}
{% materialization reconciled, default %}
    {% set states = relation_states() %}
    {% set known = states.get(model.name, {}) %}
    {% set definition = definition_of_model(states) %}
    {% if is_built_anew(known, definition) %}
        {{ return(build_anew(definition)) }}
    {% endif %}
    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {{ run_hooks(pre_hooks, inside_transaction=true) }}
    {% set state = state_of_model(definition) %}
    {% set is_known = state is not none and known["agreed_state"] == state %}
    {% set parts = {"sql": none} if is_known else find_differing_parts() %}
    {% if parts.sql %}
        {% call statement("main") %}
            {{ replace_parts(parts) }}
        {% endcall %}
        {#- After the table is changed, and before its companion is: new rows are compared with what the companion says. -#}
        {% do note_removals(parts_as_they_are(parts)) if books_removals() and parts.may_lose %}
        {% if has_companion() %}
            {% do run_query(update_companion(parts)) %}
        {% endif %}
        {% do adapter.drop_relation(parts.scratch) if parts.scratch %}
    {% else %}
        {#- The state as it was before the comparison: a later one may hold what another build did. -#}
        {% do remember_agreed_state(definition, state) if state is not none and not is_known %}
    {% endif %}
    {% do note_change("changed" if parts.sql else "unchanged") %}
    {{ return(finish_in_place()) }}
{% endmaterialization %}

{#- One statement that empties the differing parts and fills them again. Rows of the table meet the one marker of their
    part and go, also those that nobody counted; rows of the model meet nothing and come. -#}
{% macro replace_parts(parts) %}
    {% set part_by = config.require("part_by") %}
    {% set columns = model.columns.keys() | list %}
    merge into {{ this }} as present
    using (
        with

        parts as ({{ parts.sql }})

        select
            false as is_marker,
            parts.part_hour,
            {%- for column in columns %}
            wanted.{{ column }}{{ "," if not loop.last }}
            {%- endfor %}
        from ({{ sql }}) as wanted
        inner join parts on {{ same_part("wanted", "parts") }}
        where {{ within_hours("wanted", parts.wanted_hours) }}
        union all
        select
            true as is_marker,
            part_hour,
            {%- for column in columns %}
            {{ column if column in part_by else "null" }} as {{ column }}{{ "," if not loop.last }}
            {%- endfor %}
        from parts
    ) as wanted
        on
            wanted.is_marker
            {%- for column in part_by %}
            and present.{{ column }} = wanted.{{ column }}
            {%- endfor %}
            and {{ part_hour("present") }} = wanted.part_hour
            and {{ within_hours("present", parts.hours) }}
    when matched then delete
    when not matched and not wanted.is_marker then
        insert ({{ columns | join(", ") }})
        values (wanted.{{ columns | join(", wanted.") }})
{% endmacro %}

{% macro update_companion(parts) %}
    {% set columns = companion_columns() %}
    merge into {{ companion() }} as present
    using ({{ parts_as_they_are(parts) }}) as wanted
        on
            {%- for column in config.require("part_by") %}
            present.{{ column }} = wanted.{{ column }} and
            {%- endfor %}
            present.part_hour = wanted.part_hour
    when matched and wanted.fingerprint is null then delete
    when matched then update set
        {%- for column in columns[config.require("part_by") | length + 1:] %}
        {{ column }} = wanted.{{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    when not matched and wanted.fingerprint is not null then
        insert ({{ columns | join(", ") }})
        values (wanted.{{ columns | join(", wanted.") }})
{% endmacro %}

{#- The differing parts with what the table holds of them now; fingerprint null for a part that is to have no rows. -#}
{% macro parts_as_they_are(parts) -%}
    {%- set part_by = config.require("part_by") -%}
    select
        {%- for column in part_by + ["part_hour", "present_rows"] %}
        parts.{{ column }},
        {%- endfor %}
        coalesce(now.row_count, 0) as row_count,
        now.line_count,
        now.first_time,
        now.last_time,
        {% if config.get("paired_from") -%}
        parts.wanted_fingerprint as fingerprint
        {%- else -%}
        now.fingerprint
        {%- endif %}
    from ({{ parts.sql }}) as parts
    left join (
        {{ summarise_parts("select * from " ~ this ~ " as present where " ~ within_hours("present", parts.wanted_hours)) }}
    ) as now
        on
            {%- for column in part_by %}
            parts.{{ column }} = now.{{ column }} and
            {%- endfor %}
            parts.part_hour = now.part_hour
            and parts.wanted_fingerprint is not null
{%- endmacro %}

{% macro same_part(rows, parts) -%}
    {%- for column in config.require("part_by") %}
    {{ rows }}.{{ column }} = {{ parts }}.{{ column }} and
    {%- endfor %}
    {{ part_hour(rows) }} = {{ parts }}.part_hour
{%- endmacro %}

{% macro part_hour(relation=none) -%}
    {%- if config.get("part_time") -%}
        date_trunc('hour', {{ relation ~ "." if relation }}{{ config.get("part_time") }})
    {%- else -%}
        timestamp '1970-01-01 00:00:00.000000'
    {%- endif -%}
{%- endmacro %}

{#- Literal bounds, so that an engine opens only the files of those hours; `hours` is [first, last], or empty for none. -#}
{% macro within_hours(relation, hours) -%}
    {%- if not hours -%}
        1 = 0
    {%- elif config.get("part_time") -%}
        {{ relation }}.{{ config.get("part_time") }} >= timestamp '{{ hours[0] }}'
        and {{ relation }}.{{ config.get("part_time") }} < timestamp '{{ hours[1] + modules.datetime.timedelta(hours=1) }}'
    {%- else -%}
        1 = 1
    {%- endif -%}
{%- endmacro %}

{#- Every hour a reading can have. -#}
{% macro all_hours() %}
    {{ return([modules.datetime.datetime(2000, 1, 1), modules.datetime.datetime(2100, 1, 1)]) }}
{% endmacro %}
