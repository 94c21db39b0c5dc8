{#- Literal keys of the parts, where they are few, so that an engine may leave out what holds none of them. -#}
{% macro has_key(relation, parts) -%}
    {{ within_scope(relation, {"column": part_spec()["by"][0], "keys": parts["keys"]} if parts.get("keys") else {}) }}
{%- endmacro %}
