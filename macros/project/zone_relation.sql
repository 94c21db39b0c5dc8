{#- A relation of a zone, for macros that run within a build; models use ref(). -#}
{% macro zone_relation(zone, name) %}
    {{ return(api.Relation.create(
        database=target.database, schema=zone_schema(target.schema, zone), identifier=name, type="table"
    )) }}
{% endmacro %}
