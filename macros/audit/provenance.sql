{#- Whether landing data are invented, as messages say it behind a landing's name. -#}
{% macro provenance(is_synthetic) -%}
    {{ {true: " (synthetic)", false: " (real)"}.get(is_synthetic, "") }}
{%- endmacro %}
