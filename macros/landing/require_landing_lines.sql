{#- Refuses to build a staging table from nothing, where its source is_required and nothing has landed. On DuckDB that was seen when
    landing was listed; on Athena what was noted before of older folders counts too. -#}
{% macro require_landing_lines(source) %}
    {{ adapter.dispatch("require_landing_lines", "stedi")(source) }}
{% endmacro %}

{% macro default__require_landing_lines(source) %}
    {{ unsupported_engine("require_landing_lines") }}
{% endmacro %}

{% macro duckdb__require_landing_lines(source) %}
{% endmacro %}

{% macro athena__require_landing_lines(source) %}
    {% if is_required(source) and not landing_objects(source) %}
        {{ exceptions.raise_compiler_error(
            "no landing files at " ~ landing_root() ~ "/" ~ source.config.meta.location ~ "/: upload landing data there, "
            ~ "or set STEDI_BUCKET to the bucket that holds it"
        ) }}
    {% endif %}
{% endmacro %}
