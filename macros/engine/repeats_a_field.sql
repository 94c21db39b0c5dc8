{#- Whether a JSON object in text names one of `names` twice; a name in other case, or with `_`, `-` or `space` (white space, for the inside of a
    regular expression's brackets) in it, is the same. -#}
{% macro repeats_a_field(line, names, space) -%}
    {{ adapter.dispatch("repeats_a_field", "stedi")(line, names, space) }}
{%- endmacro %}

{% macro default__repeats_a_field(line, names, space) -%}
    {{ unsupported_engine("repeats_a_field") }}
{%- endmacro %}

{#- Trino does not list an object's names with their repeats: it refuses to make a map of an object that has some name twice. Where there
    is a map its names are compared. Where there is none, the text is searched for a name that stands twice, or that is written with
    escapes. A nested object can make that search find too much, never too little. -#}
{% macro athena__repeats_a_field(line, names, space) -%}
    {%- set between = "[" ~ space ~ "_-]*" -%}
    coalesce(
        cardinality({{ athena_known_names(line, names, space) }})
            > cardinality(array_distinct({{ athena_known_names(line, names, space) }})),
        regexp_like({{ line }}, '"[^"]*\\u[0-9a-fA-F]{4}[^"]*"\s*:')
        {%- for name in names %}
        or cardinality(regexp_extract_all({{ line }}, '(?i)"{{ between }}{{ name | list | join(between) }}{{ between }}"\s*:')) > 1
        {%- endfor %}
    )
{%- endmacro %}

{% macro athena_known_names(line, names, space) -%}
    filter(
        transform(
            map_keys(try(cast(json_parse({{ line }}) as map<varchar, json>))),
            name -> lower(regexp_replace(name, '[{{ space }}_-]', ''))
        ),
        name -> name in ('{{ names | map("lower") | join("', '") }}')
    )
{%- endmacro %}

{% macro duckdb__repeats_a_field(line, names, space) -%}
    {%- set asked -%}
        list_filter(
            list_transform(
                json_keys({{ line }}), lambda name: lower(regexp_replace(name, '[{{ space }}_-]', '', 'g'))
            ),
            lambda name: name in ('{{ names | map("lower") | join("', '") }}')
        )
    {%- endset -%}
    (len({{ asked }}) > len(list_distinct({{ asked }})))
{%- endmacro %}
