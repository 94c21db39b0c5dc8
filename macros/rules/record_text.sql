{#- The values of a record in one text, which tells it from every other record. -#}
{% macro record_text(columns) -%}
    {%- set values = [] -%}
    {%- for column in columns -%}
        {%- do values.append("coalesce(cast(" ~ column ~ " as varchar), chr(57345))") -%}
    {%- endfor -%}
    {{ joined(values, "\ue000") }}
{%- endmacro %}
