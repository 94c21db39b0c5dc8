{#- Literal keys of the parts, where they are few, so that an engine may leave out what holds none of them. -#}
{% macro has_key(relation, parts) -%}
    {%- if parts.get("keys") -%}
        {{ relation }}.{{ config.require("part_by")[0] }} in ('{{ parts["keys"] | join("', '") }}')
    {%- else -%}
        1 = 1
    {%- endif -%}
{%- endmacro %}
