{#- The known fields of a trimmed landing line, as something `landing_field` reads; null when the line is not one JSON
    object in UTF-8, or is longer than 1,000,000 bytes, or, with `no_repeats`, names one of them twice. Both engines' JSON parsers are more lenient than RFC 8259, each in its own way. -#}
{% macro landing_fields(line, names, no_repeats=false) -%}
    {{ adapter.dispatch("landing_fields", "stedi")(line, names, no_repeats) }}
{%- endmacro %}

{% macro default__landing_fields(line, names, no_repeats=false) -%}
    {{ unsupported_engine("landing_fields") }}
{%- endmacro %}

{#- Trino replaces bytes that are not UTF-8 and lets half a surrogate pair through. Fields are read from the text, not from
    what json_parse made of it: that keeps the last of repeated names, the text the first, like DuckDB. -#}
{% macro athena__landing_fields(line, names, no_repeats=false) -%}
    case
        when
            starts_with({{ line }}, '{')
            and length(to_utf8({{ line }})) <= 1000000
            and {{ line }} = {{ valid_utf_8(line) }}
            and not (
                regexp_like({{ line }}, '\\u[dD][89a-fA-F]')
                and regexp_like(
                    regexp_replace(
                        regexp_replace({{ line }}, '\\\\', ''),
                        '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}', ''
                    ),
                    '\\u[dD][89a-fA-F]'
                )
            )
            and try(json_parse({{ line }})) is not null
            {%- if no_repeats %}
            and not {{ repeats_a_field(line, names, white_space()) }}
            {%- endif %}
            then {{ line }}
    end
{%- endmacro %}

{#- DuckDB takes NaN, Infinity and a comma before a closing bracket: looked for outside strings, and only in the few
    lines that might have them. Those are set apart by a case of their own: DuckDB evaluates both sides of an `and`. -#}
{% macro duckdb__landing_fields(line, names, no_repeats=false) -%}
    {%- set lenient = ",\\s*[}\\]]|[nN][aA][nN]|[iI][nN][fF]" -%}
    case
        when
            starts_with({{ line }}, '{')
            and strlen({{ line }}) <= 1000000
            and json_valid({{ line }})
            and not case
                when regexp_matches({{ line }}, '{{ lenient }}')
                    then regexp_matches(
                        regexp_replace({{ line }}, '"(\\.|[^"\\])*"', '', 'g'), '{{ lenient }}'
                    )
                else false
            end
            {%- if no_repeats %}
            and not case when json_valid({{ line }}) then {{ repeats_a_field(line, names, white_space()) }} else false end
            {%- endif %}
            then json_extract_string(
                {{ line }}, [{% for name in names %}'$.{{ name }}'{{ ", " if not loop.last }}{% endfor %}]
            )
    end
{%- endmacro %}
