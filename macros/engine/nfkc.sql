{#- A text in Unicode's NFKC. Plain ASCII, which nearly every text is, stays as it is and costs nothing. -#}
{% macro nfkc(text) -%}
    {{ adapter.dispatch("nfkc", "stedi")(text) }}
{%- endmacro %}

{% macro default__nfkc(text) -%}
    {{ unsupported_engine("nfkc") }}
{%- endmacro %}

{#- Athena knows the form in capitals only. -#}
{% macro athena__nfkc(text) -%}
    case when regexp_like({{ text }}, '[^\x00-\x7f]') then normalize({{ text }}, NFKC) else {{ text }} end
{%- endmacro %}

{#- DuckDB has NFC only; the plugin adds this function. -#}
{% macro duckdb__nfkc(text) -%}
    case when strlen({{ text }}) <> length({{ text }}) then stedi_nfkc({{ text }}) else {{ text }} end
{%- endmacro %}
