{#- Stands where a staging model's own SQL chooses landing files. -#}
{% macro every_landing_file() -%}
    true /* of every landing file */
{%- endmacro %}
