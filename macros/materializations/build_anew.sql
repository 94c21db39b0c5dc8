{#- The engine's own way of making a table. Order of steps: who leaves is booked while the old table stands; the table; its
    summary; the definition, which says that all of it is done. -#}
{% macro build_anew(definition) %}
    {% do forget_other_definition(definition) %}
    {% do book_removals_by(sql) if books_removals() and not has_summary() %}
    {% set made = adapter.dispatch("build_anew", "stedi")() %}
    {% do remember_first_landings() %}
    {% if has_summary() %}
        {% do rebuild_summary(table_is_new=true) %}
    {% endif %}
    {% do remember_definition(definition) %}
    {{ adapter.dispatch("commit_summary", "stedi")() }}
    {% do note_changed_scopes(none) %}
    {% do remember_agreed_state(true) %}
    {% do note_change("built anew") %}
    {{ return(made) }}
{% endmacro %}

{% macro default__build_anew() %}
    {{ unsupported_engine("build_anew") }}
{% endmacro %}

{% macro athena__build_anew() %}
    {{ return(dbt.materialization_table_athena()) }}
{% endmacro %}

{% macro duckdb__build_anew() %}
    {{ return(dbt.materialization_table_duckdb()) }}
{% endmacro %}

{% macro default__commit_summary() %}
    {{ unsupported_engine("commit_summary") }}
{% endmacro %}

{% macro athena__commit_summary() %}
{% endmacro %}

{#- dbt commits the table and then drops the old one, which opens another transaction that nobody would commit. -#}
{% macro duckdb__commit_summary() %}
    {% call statement("summary", auto_begin=true) %}
        select 1
    {% endcall %}
    {% do adapter.commit() %}
{% endmacro %}
