{#- What tells two versions of a part's rows apart. -#}
{% macro fingerprint() -%}
    {{ checksum(config.get("fingerprint_by") or model.columns.keys() | list) }}
{%- endmacro %}
