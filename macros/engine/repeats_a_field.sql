{#- Whether a JSON object in text names one of `names` twice; a name in other case, or with `_`, `-` or white space in it, is the same. -#}
{% macro repeats_a_field(line, names) -%}
    {{ adapter.dispatch("repeats_a_field", "stedi")(line, names) }}
{%- endmacro %}

{% macro default__repeats_a_field(line, names) -%}
    {{ unsupported_engine("repeats_a_field") }}
{%- endmacro %}

{#- Trino does not list an object's names with their repeats: it refuses to make a map of an object that has some name twice. Where there
    is a map its names are compared. Where there is none, the text is searched for a name that stands twice, or that is written with
    escapes. A nested object can make that search find too much, never too little. -#}
{% macro athena__repeats_a_field(line, names) -%}
    {%- set between = "[_\\s\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}-]*" -%}
    coalesce(
        cardinality({{ athena_known_names(line, names) }})
            > cardinality(array_distinct({{ athena_known_names(line, names) }})),
        regexp_like({{ line }}, '"[^"]*\\u[0-9a-fA-F]{4}[^"]*"\s*:')
        {%- for name in names %}
        or cardinality(regexp_extract_all({{ line }}, '(?i)"{{ between }}{{ name | list | join(between) }}{{ between }}"\s*:')) > 1
        {%- endfor %}
    )
{%- endmacro %}

{% macro athena_known_names(line, names) -%}
    filter(
        transform(
            map_keys(try(cast(json_parse({{ line }}) as map<varchar, json>))),
            name -> lower(regexp_replace(name, '[{{ white_space() }}_-]', ''))
        ),
        name -> name in ('{{ names | map("lower") | join("', '") }}')
    )
{%- endmacro %}

{% macro duckdb__repeats_a_field(line, names) -%}
    {%- set asked -%}
        list_filter(
            list_transform(
                json_keys({{ line }}), lambda name: lower(regexp_replace(name, '[{{ white_space() }}_-]', '', 'g'))
            ),
            lambda name: name in ('{{ names | map("lower") | join("', '") }}')
        )
    {%- endset -%}
    (len({{ asked }}) > len(list_distinct({{ asked }})))
{%- endmacro %}
