{#- Makes the audit's own tables (sources of format `ledger`) where they are not there, and adds columns that an older version
    did not have. No full refresh touches them. -#}
{% macro create_ledgers() %}
    {% for ledger in graph.sources.values() if ledger.package_name == "stedi" and ledger.config.meta.format in ["ledger", "listing"] %}
        {% set relation = zone_relation("audit", ledger.identifier) %}
        {% set there = load_relation(relation) %}
        {% if ledger.config.meta.format == "listing" and target.type == "athena" %}
            {% do athena_create_listing(ledger, relation) %}
        {% elif there is none %}
            {% do adapter.create_schema(relation) %}
            {% set columns = [] %}
            {% for column in ledger.columns.values() %}
                {% do columns.append("cast(null as " ~ column.data_type ~ ") as " ~ column.name) %}
            {% endfor %}
            {% do make_table(relation, "select " ~ columns | join(", ") ~ " where 1 = 0") %}
        {% else %}
            {% set known = column_names(there) %}
            {% for column in ledger.columns.values() if column.name not in known %}
                {% do add_column(relation, column.name, column.data_type) %}
            {% endfor %}
        {% endif %}
    {% endfor %}
{% endmacro %}

{#- The table over what a build finds in landing (src/stedi/athena_landing.py writes it as text). An older version had a table of Iceberg. -#}
{% macro athena_create_listing(listing, relation) %}
    {% set table = adapter.get_glue_table(relation) %}
    {% set types = {"varchar": "string", "timestamp(6)": "timestamp"} %}
    {% set columns = [] %}
    {% for column in listing.columns.values() %}
        {% do columns.append(column.name ~ " " ~ types.get(column.data_type, column.data_type)) %}
    {% endfor %}
    {% set there = [] %}
    {% for column in (table["Table"]["StorageDescriptor"]["Columns"] if table else []) %}
        {% do there.append(column["Name"] ~ " " ~ column["Type"]) %}
    {% endfor %}
    {% if table and table["Table"]["Parameters"].get("table_type", "") | upper == "ICEBERG" %}
        {% do adapter.drop_relation(load_relation(relation)) %}
    {% elif table and there != columns %}
        {% do run_query("drop table `" ~ relation.schema ~ "`.`" ~ relation.identifier ~ "`") %}
    {% endif %}
    {% if there != columns or (table["Table"]["Parameters"].get("table_type", "") | upper == "ICEBERG") %}
        {% do adapter.create_schema(relation) %}
        {% do run_query(
            "create external table `" ~ relation.schema ~ "`.`" ~ relation.identifier ~ "` (" ~ columns | join(", ") ~ ")
            row format serde 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe'
            with serdeproperties ('field.delim' = '\\001', 'serialization.null.format' = '')
            location '" ~ landing_root() ~ "/" ~ athena_listing_place() ~ "/'"
        ) %}
    {% endif %}
{% endmacro %}
