{#- Whether a model that is kept up in place has to be built from nothing: it is not there, a full refresh was asked for,
    its columns are not the model's, or it was built under another definition (another rule, another variable). -#}
{% macro is_built_anew(known, definition) %}
    {% set existing = load_relation(this) %}
    {% if existing is none or not existing.is_table or should_full_refresh() or known.get("definition") != definition %}
        {{ return(true) }}
    {% endif %}
    {% set present = adapter.get_columns_in_relation(existing) | map(attribute="name") | map("lower") | sort %}
    {{ return(present != model.columns.keys() | map("lower") | sort) }}
{% endmacro %}

{#- The engine's own way of making a table. Order of steps: who leaves is booked while the old table stands; the table; its
    summary; the definition, which says that all of it is done. -#}
{% macro build_anew(definition) %}
    {% do forget_other_definition(definition) %}
    {% do note_removals_by(sql) if books_removals() and not has_companion() %}
    {% set made = adapter.dispatch("build_anew", "stedi")() %}
    {% if has_companion() %}
        {% do renew_companion(is_built_anew=true) %}
    {% endif %}
    {% do remember_definition(definition) %}
    {{ adapter.dispatch("commit_companion", "stedi")() }}
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

{% macro default__commit_companion() %}
    {{ unsupported_engine("commit_companion") }}
{% endmacro %}

{% macro athena__commit_companion() %}
{% endmacro %}

{#- dbt commits the table and then drops the old one, which opens another transaction that nobody would commit. -#}
{% macro duckdb__commit_companion() %}
    {% call statement("companion", auto_begin=true) %}
        select 1
    {% endcall %}
    {% do adapter.commit() %}
{% endmacro %}

{#- How a model that was changed in place ends. -#}
{% macro finish_in_place() %}
    {% set relation = this.incorporate(type="table") %}
    {{ run_hooks(post_hooks, inside_transaction=true) }}
    {% do persist_docs(relation, model) %}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=false) }}
    {{ return({"relations": [relation]}) }}
{% endmacro %}
