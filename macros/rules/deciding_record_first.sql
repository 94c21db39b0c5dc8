{#- The order of one participant's good records, the deciding one first: the latest; among equally late ones the record
    that admits least; then a total order, so that every engine and every run picks the same. -#}
{% macro deciding_record_first() -%}
    last_update_date desc,
    has_consent,
    share_with_research_as_of_date desc nulls last,
    serial_number nulls first,
    customer_name nulls first,
    phone nulls first,
    birth_day nulls first,
    registration_date nulls first,
    share_with_public_as_of_date nulls first,
    share_with_friends_as_of_date nulls first,
    loaded_at
{%- endmacro %}
