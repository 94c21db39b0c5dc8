{#- Materialises a staging table: every landing file read once. The first build, and a full refresh, read all of landing;
    later ones append the lines of files that are not in the table yet, whenever they arrived and whatever they are called.
    What was read stands in a summary, `<model>_parts`: lines by file (and when it landed), reason for rejection and key, for
    sensors also by hour.

    Steps:
    1. Build the table anew if it is not there, or is of other SQL (must_be_built_anew).
    2. Rebuild the summary if it does not count the rows that the table has: a build died between steps 3 and 5.
    3. Append the documents of the files that the summary does not know.
    4. Where `meta: {first_landings: ...}` names a ledger of the audit, remember in it when these documents first landed.
    5. Append those files to the summary.

    `meta: {parts: ...}` as for `reconciled` (part_spec). -#}
{% materialization landed, default %}
    {% set source = landing_source_of(model) %}
    {% set states = relation_states() %}
    {% set definition = definition_of_model(states) %}
    {% if must_be_built_anew(states.get(model.name, {}), definition) %}
        {% do require_landing_lines(source) %}
        {{ return(build_anew(definition)) }}
    {% endif %}
    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {{ run_hooks(pre_hooks, inside_transaction=true) }}
    {% set read = found_at_start()[model.name]["files"] %}
    {% set agrees = summary_agrees() %}
    {% if not agrees %}
        {% do remember_first_landings() %}
        {% do rebuild_summary() %}
        {% set read = {} %}
        {% for row in run_query(get_read_files_sql(model)).rows %}
            {% do read.update({row[1]: row[3]}) %}
        {% endfor %}
    {% endif %}
    {% set files = unread_landing_files(source, read) %}
    {% if files %}
        {% call statement("main") %}
            {{ get_append_landing_files_sql(files) }}
        {% endcall %}
        {% do remember_first_landings(files) %}
        {% do run_query("insert into " ~ summary_of() ~ " " ~ get_file_summary_sql(files)) %}
    {% endif %}
    {% do note_changed_scopes(none if not agreed_at_start() else find_hours_of_files(files) if files else []) %}
    {% do remember_agreed_state(agrees) %}
    {% do note_change("new files" if files else "unchanged") %}
    {{ return(finish_in_place()) }}
{% endmaterialization %}
