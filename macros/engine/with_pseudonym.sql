{#- The rows of `relation` with one column more, `pseudonym`: that of the text in column `text` as `normalised` (an expression) has it.
    Sensors name the same participant in thousands of lines. -#}
{% macro with_pseudonym(relation, text, normalised, pseudonym) -%}
    {{ adapter.dispatch("with_pseudonym", "stedi")(relation, text, normalised, pseudonym) }}
{%- endmacro %}

{% macro default__with_pseudonym(relation, text, normalised, pseudonym) -%}
    {{ unsupported_engine("with_pseudonym") }}
{%- endmacro %}

{#- Line by line: Athena's engine reads a CTE again for each query that names it. -#}
{% macro athena__with_pseudonym(relation, text, normalised, pseudonym) -%}
    select
        {{ relation }}.*,
        {{ hmac_digits(normalised) }} as {{ pseudonym }}
    from {{ relation }}
    cross join {{ keyed_vault() }} as vault
{%- endmacro %}

{#- Once for each different text, which is most of what reading a line costs. -#}
{% macro duckdb__with_pseudonym(relation, text, normalised, pseudonym) -%}
    select
        {{ relation }}.*,
        named.{{ pseudonym }}
    from {{ relation }}
    left join (
        select
            {{ text }},
            {{ hmac_digits(normalised) }} as {{ pseudonym }}
        from (select distinct {{ text }} from {{ relation }})
        cross join {{ keyed_vault() }} as vault
    ) as named
        on {{ relation }}.{{ text }} = named.{{ text }}
{%- endmacro %}
