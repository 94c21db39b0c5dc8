{#- Rows of these landing files, in staging or in its summary. When the files landed is part of it where it is known: the names begin alike,
    and Iceberg keeps only the beginning of a file's least and greatest text. -#}
{% macro is_in_files_read(files, relation=none) -%}
    {%- set of = relation ~ "." if relation else "" -%}
    {{ literal_in(of ~ "source_file", files | map(attribute="source_file") | list) }}
    {%- set times = files | map(attribute="landed_at") | list -%}
    {%- if none not in times %}
    and {{ of }}loaded_at between timestamp '{{ times | min }}' and timestamp '{{ times | max }}'
    {%- endif -%}
{%- endmacro %}
