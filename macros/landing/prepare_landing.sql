{#- At the start of a build: DuckDB's landing is views over files that come and go, so they are made anew. On Athena the
    tables stand; a missing one is reported by the first model that reads it. -#}
{% macro prepare_landing() %}
    {{ adapter.dispatch("prepare_landing", "stedi")() }}
{% endmacro %}

{% macro default__prepare_landing() %}
    {{ unsupported_engine("prepare_landing") }}
{% endmacro %}

{% macro athena__prepare_landing() %}
{% endmacro %}

{% macro duckdb__prepare_landing() %}
    {% do create_landing_tables() %}
{% endmacro %}
