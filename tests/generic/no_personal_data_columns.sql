{#- No column is named like one that holds personal data (`meta.pii: true`) in any source or model, however it is spelled. -#}
{% test no_personal_data_columns(model) %}

{{ after_everything() }}

{%- set personal = [] -%}
{%- if execute -%}
    {%- for node in graph.sources.values() | list + graph.nodes.values() | selectattr("resource_type", "equalto", "model") | list -%}
        {%- for column in node.columns.values() if column.config.meta.pii -%}
            {%- do personal.append(column.name | lower | replace("_", "")) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endif -%}
{%- set found = [] -%}
{%- if execute -%}
    {%- set columns = adapter.get_columns_in_relation(model) -%}
    {%- if not columns and flags.WHICH in ["test", "build"] -%}
        {%- do exceptions.raise_compiler_error("there is no " ~ model ~ ": build it first") -%}
    {%- endif -%}
    {%- for column in columns if column.name | lower | replace("_", "") in personal -%}
        {%- do found.append(column.name) -%}
    {%- endfor -%}
{%- endif %}

select column_name
from (values {% for name in found %}('{{ name }}'), {% endfor %}('')) as found (column_name)
where column_name <> ''

{% endtest %}
