{#- A model's table, and its summary. -#}
{% macro tables_of_model(node) %}
    {% set table = api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias) %}
    {{ return([table] + ([summary_of(node.name)] if has_summary(node) else [])) }}
{% endmacro %}
