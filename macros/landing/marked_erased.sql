{#- The rows of `relation` with one column more, is_erased: whether `pseudonym` is on the erasure list as `kind`. -#}
{% macro marked_erased(relation, pseudonym, kind) -%}
    select
        {{ relation }}.*,
        erased.listed is not null as is_erased
    from {{ relation }}
    left join (select distinct listed from {{ erasure(kind) }} as erased) as erased
        on {{ relation }}.{{ pseudonym }} = erased.listed
{%- endmacro %}
