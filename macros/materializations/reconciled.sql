{#- Materialises a table that is compared with what it should be, part by part, and rewritten where the two differ.

    A part is the rows of one value of `by` (columns) and, where `time` names a column, one hour of it (part_spec). New readings, late files,
    consent given, withdrawn or moved, a device that became shared, a build that died: each is a part that differs. Nothing has to
    remember which it was.

    Small tables are compared row by row with their own SQL. A table with a `time` has a summary in staging, `<model>_parts`: the
    number of rows of each part, and their fingerprint. So comparing reads no readings. What each part should hold follows from other
    summaries where the model says so (lines_of, admitted, pairs_of), else from its own SQL.

    Steps:
    1. Build the table anew if it is not there, or is of other SQL (must_be_built_anew).
    2. Rebuild the summary if it does not count the rows that the table has: a build died between steps 4 and 6.
    3. Find the parts that differ: in all of the table, or in the scopes that this build has changed (scopes_to_compare).
    4. Replace them, in one MERGE.
    5. Book who left. This compares the new rows with the old summary, so it comes before step 6.
    6. Update the summary. If a build dies before, the summary still says what was, and the next build replaces those parts again. -#}
{% materialization reconciled, default %}
    {% set states = relation_states() %}
    {% set definition = definition_of_model(states) %}
    {% if must_be_built_anew(states.get(model.name, {}), definition) %}
        {{ return(build_anew(definition)) }}
    {% endif %}
    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {{ run_hooks(pre_hooks, inside_transaction=true) }}
    {% set is_mended = has_summary() and not summary_agrees() %}
    {% do rebuild_summary() if is_mended %}
    {% set changed = [] %}
    {% for scope in scopes_to_compare() %}
        {% set parts = find_differing_parts(scope) %}
        {% if parts.sql %}
            {% call statement("main") %}
                {{ get_replace_parts_sql(parts) }}
            {% endcall %}
            {% do book_removals(get_parts_now_sql(parts)) if books_removals() and parts.may_lose %}
            {% if has_summary() %}
                {% do run_query(get_update_summary_sql(parts)) %}
            {% endif %}
            {% do adapter.drop_relation(parts.scratch) if parts.scratch %}
            {% do changed.append(parts) %}
        {% endif %}
    {% endfor %}
    {% do note_changed_scopes(none if is_mended else scopes_of(changed)) %}
    {% do remember_agreed_state(agreed_at_start() or not changed) %}
    {% do note_change("changed" if changed else "unchanged") %}
    {{ return(finish_in_place()) }}
{% endmaterialization %}
