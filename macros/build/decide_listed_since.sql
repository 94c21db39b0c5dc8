{#- From which hour on this build lists a sensor's folders of the hour: `landing_lookback_hours` before the last file that staging has
    read. Everything is listed on a full refresh, where that variable is 0, where the last build did not end well or `maintain`
    has run since, and where staging was read under another erasure list, because then it is read again. Customers are always listed whole, since nothing delays a withdrawal; and so is everything on DuckDB. -#}
{% macro decide_listed_since() %}
    {{ adapter.dispatch("decide_listed_since", "stedi")() }}
{% endmacro %}

{% macro default__decide_listed_since() %}
    {{ unsupported_engine("decide_listed_since") }}
{% endmacro %}

{% macro duckdb__decide_listed_since() %}
{% endmacro %}

{% macro athena__decide_listed_since() %}
    {% set queries = [] %}
    {% if var("landing_lookback_hours") and not flags.FULL_REFRESH %}
        {% for model in landed_models() if landing_source_of(model).config.meta.may_come_late and agreed_at_start(model)
            and relation_states()[model.name]["generation"] == landing_as_read() %}
            {% do queries.append(
                "select '" ~ landing_source_of(model).config.meta.location ~ "' as location, max(loaded_at) as landed_at
                from " ~ summary_of(model.name) ~ " where is_total"
            ) %}
        {% endfor %}
    {% endif %}
    {% set since = {} %}
    {% for row in (run_query(queries | join(" union all ")).rows if queries else []) if row[1] is not none %}
        {% set hour = [row[1], modules.datetime.datetime.utcnow()] | min - modules.datetime.timedelta(hours=var("landing_lookback_hours")) %}
        {% do since.update({row[0]: hour.strftime("%Y/%m/%d/%H")}) %}
    {% endfor %}
    {% do build_memory().update({"listed_since": since}) %}
{% endmacro %}
