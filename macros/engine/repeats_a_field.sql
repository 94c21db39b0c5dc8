{#- Whether a JSON object in text names one of `names` twice. -#}
{% macro repeats_a_field(line, names) -%}
    {{ adapter.dispatch("repeats_a_field", "stedi")(line, names) }}
{%- endmacro %}

{% macro default__repeats_a_field(line, names) -%}
    {{ unsupported_engine("repeats_a_field") }}
{%- endmacro %}

{#- Trino does not list an object's names with their repeats. It does refuse to make a map of an object that repeats some name;
    of those few, the text is searched for a name that stands twice, or that is written with escapes. A nested object can make
    that search find too much, never too little. -#}
{% macro athena__repeats_a_field(line, names) -%}
    (
        try(cast(json_parse({{ line }}) as map<varchar, json>)) is null
        and (
            regexp_like({{ line }}, '"[^"]*\\u[0-9a-fA-F]{4}[^"]*"\s*:')
            {%- for name in names %}
            or cardinality(regexp_extract_all({{ line }}, '"{{ name }}"\s*:')) > 1
            {%- endfor %}
        )
    )
{%- endmacro %}

{% macro duckdb__repeats_a_field(line, names) -%}
    {%- set asked = "list_filter(json_keys(" ~ line ~ "), lambda name: name in ('" ~ names | join("', '") ~ "'))" -%}
    (len({{ asked }}) > len(list_distinct({{ asked }})))
{%- endmacro %}
