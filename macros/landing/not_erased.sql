{#- A condition: the participant in `column` is not on the erasure list. -#}
{% macro not_erased(column) -%}
    {{ column }} not in (select listed from {{ zone_relation("vault", "erasure") }} where kind = 'participant')
{%- endmacro %}
