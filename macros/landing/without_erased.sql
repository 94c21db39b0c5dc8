{#- Joined pseudonyms with the word `erased` in the place of each that is in the list `erased`: somebody is named there, and nobody can tell who. -#}
{% macro without_erased(pseudonyms, erased) -%}
    case
        when {{ pseudonyms }} is not null
            then {{ joined_set(mapped(
                "split(" ~ pseudonyms ~ ", ' ')", "named",
                "case when contains(" ~ erased ~ ", named) then 'erased' else named end",
            )) }}
    end
{%- endmacro %}
