{#- Texts (SQL expressions) one after the other, with `between` between them. Athena's `||` fails where more than 1 MB would come out. -#}
{% macro joined(texts, between) -%}
    {{ adapter.dispatch("joined", "stedi")(texts, between) }}
{%- endmacro %}

{% macro default__joined(texts, between) -%}
    {{ unsupported_engine("joined") }}
{%- endmacro %}

{% macro athena__joined(texts, between) -%}
    array_join(array[{{ texts | join(", ") }}], '{{ between }}')
{%- endmacro %}

{% macro duckdb__joined(texts, between) -%}
    array_to_string([{{ texts | join(", ") }}], '{{ between }}')
{%- endmacro %}
