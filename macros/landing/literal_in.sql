{#- Texts as a literal predicate; where they would take up too much of a query's 262,144 bytes, the range they lie in.
    A caller must not rely on it alone: a range can hold more. -#}
{% macro literal_in(column, texts) -%}
    {%- set quoted = texts | map("replace", "'", "''") | list -%}
    {%- set listed = "('" ~ quoted | join("', '") ~ "')" -%}
    {%- if listed | length < 40000 and quoted | length < 900 -%}
        {{ column }} in {{ listed }}
    {%- else -%}
        {{ column }} between '{{ quoted | min }}' and '{{ quoted | max }}'
    {%- endif -%}
{%- endmacro %}
