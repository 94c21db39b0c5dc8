{#- At the start of a build. DuckDB's landing is views over files that come and go: they are listed, and the views made anew. On
    Athena the tables stand, and what lies below them is listed. -#}
{% macro prepare_landing() %}
    {{ adapter.dispatch("prepare_landing", "stedi")() }}
{% endmacro %}

{% macro default__prepare_landing() %}
    {{ unsupported_engine("prepare_landing") }}
{% endmacro %}

{% macro athena__prepare_landing() %}
    {% for source in landing_sources() %}
        {% set relation = api.Relation.create(database=target.database, schema=source.schema, identifier=source.identifier) %}
        {% set table = adapter.get_glue_table(relation) %}
        {% set location = landing_root() ~ "/" ~ source.config.meta.location %}
        {% if not table or table["Table"]["StorageDescriptor"]["Location"].rstrip("/") != location %}
            {{ exceptions.raise_compiler_error(
                "there is no table " ~ source.schema ~ "." ~ source.identifier ~ " over " ~ location
                ~ "/: run `dbt run-operation create_landing_tables --target athena`"
            ) }}
        {% elif source.config.meta.format == "lines"
            and table["Table"]["StorageDescriptor"]["SerdeInfo"]["Parameters"].get("field.delim") != "\n" %}
            {{ exceptions.raise_compiler_error(
                "the table " ~ source.schema ~ "." ~ source.identifier ~ " was made by an older version, and cuts lines at U+0001: "
                ~ "run `dbt run-operation create_landing_tables --target athena`"
            ) }}
        {% endif %}
    {% endfor %}
    {% do check_erasure_list() %}
    {% do athena_note_landing_files() %}
{% endmacro %}

{% macro duckdb__prepare_landing() %}
    {% for schema in landing_sources() | map(attribute="schema") | unique %}
        {% do adapter.create_schema(api.Relation.create(database=target.database, schema=schema)) %}
    {% endfor %}
    {% for source in landing_sources() if source.config.meta.format in ["secret", "list"] %}
        {% do duckdb_create_vault_view(source) %}
    {% endfor %}
    {% do check_erasure_list() %}
    {% do duckdb_note_landing_files() %}
    {% for source in landing_sources() if source.config.meta.format == "lines" %}
        {% do duckdb_create_lines_view(source) %}
    {% endfor %}
    {% for source in landing_sources() if source.config.meta.format == "json" %}
        {% do duckdb_create_json_view(source) %}
    {% endfor %}
{% endmacro %}
