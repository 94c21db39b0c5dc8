{#- The documents of a trimmed line, as a list: the line itself unless it is wholly made of several JSON objects, or is an array of them
    (docs/rules.md, Reading a line). -#}
{% macro documents_of(line) -%}
    {{ adapter.dispatch("documents_of", "stedi")(line) }}
{%- endmacro %}

{% macro default__documents_of(line) -%}
    {{ unsupported_engine("documents_of") }}
{%- endmacro %}

{#- Only a line with an object behind another, or that begins an array, is looked at closer. Outside strings each place where an object
    follows another is marked with U+0001, which no JSON text holds as it is. -#}
{% macro athena__documents_of(line) -%}
    {%- set body -%}
        regexp_replace({{ line }}, '^\[[ \t\n\r]*|[ \t\n\r]*\]\z', '')
    {%- endset -%}
    {%- set marked -%}
        regexp_replace(
            case when starts_with({{ line }}, '[') then {{ body }} else {{ line }} end,
            '({{ json_text() }})|(\})({{ between_documents() }})\{',
            part -> coalesce(part[1], part[2] || chr(1) || part[3] || '{')
        )
    {%- endset -%}
    case
        when strpos({{ line }}, '}') = length({{ line }}) and not starts_with({{ line }}, '[') then array[{{ line }}]
        when not regexp_like({{ line }}, '^\[|\}{{ between_documents() }}\{') or strpos({{ line }}, chr(1)) > 0
            or {{ line }} <> {{ valid_utf_8(line) }} then array[{{ line }}]
        else coalesce(
            {{ let(
                "found", let("pieces", "split(" ~ marked ~ ", chr(1))", athena_joined_where_nested("pieces")),
                "case
                    when cardinality(found) > 0 and all_match(found, document -> starts_with(document, '{') and try(json_parse(document)) is not null)
                        and (not starts_with(" ~ line ~ ", '[') or try(json_parse(" ~ line ~ ")) is not null)
                        then found
                end"
            ) }},
            array[{{ line }}]
        )
    end
{%- endmacro %}

{#- Pieces that end within an object are joined to the next ones: where the brackets that are open in all pieces so far are closed, a
    document ends. -#}
{% macro athena_joined_where_nested(pieces) -%}
    transform(
        filter(
            split(
                array_join(
                    zip_with(
                        {{ pieces }},
                        reduce(
                            {{ pieces }},
                            cast(array[] as array<bigint>),
                            (open, piece) -> open || (
                                coalesce(element_at(open, -1), 0)
                                + length(regexp_replace(piece, '{{ json_text() }}|[^{\[]', ''))
                                - length(regexp_replace(piece, '{{ json_text() }}|[^}\]]', ''))
                            ),
                            open -> open
                        ),
                        (piece, open) -> if(open = 0, array_join(array[piece, chr(1)], ''), piece)
                    ),
                    ''
                ),
                chr(1)
            ),
            document -> document <> ''
        ),
        document -> regexp_replace(document, '^{{ between_documents() }}', '')
    )
{%- endmacro %}

{#- A string in a JSON text. -#}
{% macro json_text() -%}
    "[^"\\]*(?:\\[\s\S][^"\\]*)*"
{%- endmacro %}

{#- What may stand between two documents of a line. -#}
{% macro between_documents() -%}
    [ \t\n\x0b\x0c\r\x{feff},]*
{%- endmacro %}
