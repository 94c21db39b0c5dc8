{#- What tells two versions of a part's rows apart. -#}
{% macro fingerprint() -%}
    {{ checksum(part_spec()["fingerprint"] or model.columns.keys() | list) }}
{%- endmacro %}
