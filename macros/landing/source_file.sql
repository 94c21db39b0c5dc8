{#- The file a line came from, relative to the landing root, without what may name a person in it (docs/rules.md, Files). -#}
{% macro source_file() -%}
    {{ adapter.dispatch("source_file", "stedi")() }}
{%- endmacro %}

{% macro default__source_file() -%}
    {{ unsupported_engine("source_file") }}
{%- endmacro %}

{#- Needs the vault key beside the line, under the name `vault`. -#}
{% macro athena__source_file() -%}
    {%- set relative = 'substr("$path", ' ~ ((landing_root() ~ "/") | length + 1) ~ ")" -%}
    case
        when regexp_like({{ relative }}, '@|%40|[^!-~]')
            then array_join(
                transform(
                    split({{ relative }}, '/'),
                    part -> if(
                        regexp_like(part, '@|%40|[^!-~]'),
                        '~' || {{ hmac_digits("'name ' || part") }},
                        part
                    )
                ),
                '/'
            )
        else {{ relative }}
    end
{%- endmacro %}

{#- Found when landing was listed. -#}
{% macro duckdb__source_file() -%}
    source_file
{%- endmacro %}
