{% macro provenance(is_synthetic) -%}
    {{ {true: " (synthetic)", false: " (real)"}.get(is_synthetic, "") }}
{%- endmacro %}
