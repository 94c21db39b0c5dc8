{#- The DDL of one source on Athena. The twin of single lines takes all of a line into its one column, whatever is in
    it, because no line holds a line feed; the JSON table is for people to query. -#}
{% macro athena_external_table(source, table) %}
    {%- set meta = source.config.meta -%}
    create external table {{ table }} (
        {%- for column in source.columns.values() %}
        `{{ column.name | lower }}` string{{ "," if not loop.last }}
        {%- endfor %}
    )
    {% if meta.format == "json" -%}
    row format serde 'org.openx.data.jsonserde.JsonSerDe'
    with serdeproperties ('ignore.malformed.json' = 'true')
    {%- else -%}
    row format serde 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe'
    with serdeproperties (
        'field.delim' = '{{ "\\n" if meta.format == "lines" else "\\001" }}',
        'serialization.last.column.takes.rest' = 'true',
        'serialization.null.format' = ''
    )
    {%- endif %}
    location '{{ landing_root() }}/{{ meta.location }}/'
{% endmacro %}
