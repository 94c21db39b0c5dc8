{#- The rows of `relation` with one column more, `readable`: all that the text in `column` says when it is read in every way that
    counts (docs/rules.md, Whom a rejected customer document names); null where `condition` does not hold. -#}
{% macro readable_text(relation, column, readable, condition) -%}
    {{ adapter.dispatch("readable_text", "stedi")(relation, column, readable, condition) }}
{%- endmacro %}

{% macro default__readable_text(relation, column, readable, condition) -%}
    {{ unsupported_engine("readable_text") }}
{%- endmacro %}

{#- src/stedi/naming.py says it. -#}
{% macro duckdb__readable_text(relation, column, readable, condition) -%}
    select
        {{ relation }}.*,
        case when {{ condition }} then stedi_readable({{ column }}) end as {{ readable }}
    from {{ relation }}
{%- endmacro %}

{#- Step by step, a column each: Athena would take seconds to analyse it in one expression. The texts of the line, without escapes
    (`plain`); the bytes that base64 and hexadecimal texts in them stand for (`packed`), as texts without escapes (`unpacked`); and
    those two once more. -#}
{% macro athena__readable_text(relation, column, readable, condition) -%}
    select
        *,
        array_join(
            array[plain, nullif(unpacked, ''), nullif({{ athena_unescaped(athena_texts_of("packed_again")) }}, '')],
            {{ athena_apart() }}
        ) as {{ readable }}
    from (
        select
            *,
            {{ athena_packed_in("unpacked") }} as packed_again
        from (
            select
                *,
                {{ athena_unescaped(athena_texts_of("packed")) }} as unpacked
            from (
                select
                    *,
                    {{ athena_packed_in("plain") }} as packed
                from (
                    select
                        *,
                        {{ athena_unescaped("case when " ~ condition ~ " then " ~ athena_spelled(column) ~ " end") }} as plain
                    from {{ relation }}
                ) as said
            ) as said
        ) as said
    ) as said
{%- endmacro %}

{#- What stands between two readings of one text. -#}
{% macro athena_apart() -%}
    ' ' || chr(57344) || ' '
{%- endmacro %}

{#- A line as UTF-8 and, where it is not that or holds NUL, as Windows-1252 and as UTF-16 in both orders of bytes. -#}
{% macro athena_spelled(line) -%}
    {%- set bytes = "to_hex(to_utf8(" ~ line ~ "))" -%}
    case
        when {{ line }} <> {{ valid_utf_8(line) }} or strpos({{ line }}, chr(0)) > 0
            then array_join(
                array[
                    {{ valid_utf_8(line) }},
                    case when {{ line }} <> {{ valid_utf_8(line) }} then {{ athena_windows_1252(bytes) }} end,
                    {{ athena_utf_16(bytes) | join(", ") }}
                ],
                {{ athena_apart() }}
            )
        else {{ line }}
    end
{%- endmacro %}

{#- Bytes in hexadecimal digits as the text that they are in Windows-1252; those that it leaves open are as in Latin-1. -#}
{% macro athena_windows_1252(bytes) -%}
    {%- set open = [129, 141, 143, 144, 157] -%}
    {%- set known = "20AC 201A 0192 201E 2026 2020 2021 02C6 2030 0160 2039 0152 017D 2018 2019 201C 201D 2022 2013 2014 02DC 2122 0161 203A 0153 017E 0178".split() -%}
    {%- set from = [] -%}
    {%- set to = [] -%}
    {%- for number in range(128, 160) if number not in open -%}
        {%- do from.append("\\%04x" % number) -%}
        {%- do to.append("\\" ~ known[loop.index0]) -%}
    {%- endfor -%}
    translate({{ json_string("regexp_replace(" ~ bytes ~ ", '(..)', '\\\\u00$1')") }}, U&'{{ from | join }}', U&'{{ to | join }}')
{%- endmacro %}

{#- Bytes in hexadecimal digits as the texts that they are in UTF-16, the low byte first and the high byte first. -#}
{% macro athena_utf_16(bytes) -%}
    {%- set pairs = "regexp_replace(" ~ bytes ~ ", '(?:([0-9A-F]{4})|[0-9A-F]{2}\\z)', '$1')" -%}
    {{ return([
        json_string("regexp_replace(" ~ pairs ~ ", '(..)(..)', '\\\\u$2$1')"),
        json_string("regexp_replace(" ~ pairs ~ ", '(..)(..)', '\\\\u$1$2')"),
    ]) }}
{%- endmacro %}

{#- A text whose JSON escapes are decoded until nothing changes, eight times at most. -#}
{% macro athena_unescaped(text) -%}
    reduce(
        sequence(1, 8),
        {{ text }},
        (said, round) -> case when regexp_like(said, '["\\\x00-\x1f\x7f-\x{9f}]') then {{ decoded_text("said") }} else said end,
        said -> said
    )
{%- endmacro %}

{#- The bytes that base64 and hexadecimal texts in a text stand for, each in hexadecimal digits. -#}
{% macro athena_packed_in(text) -%}
    {%- set wrapped = "regexp_replace(" ~ text ~ ", '([A-Za-z0-9+/_-]{60,76}) +', '$1')" -%}
    transform(
        regexp_extract_all({{ wrapped }}, '[A-Za-z0-9+/_-]{16,}'),
        run -> to_hex(try(from_base64(
            translate(substr(run, 1, length(run) - if(length(run) % 4 = 1, 1, 0)), '-_', '+/')
            || substr('==', 1, if(length(run) % 4 >= 2, 4 - length(run) % 4, 0))
        )))
    ) || regexp_extract_all({{ wrapped }}, '(?:[0-9a-fA-F]{2}){8,}')
{%- endmacro %}

{#- What such bytes say, as far as they are text. -#}
{% macro athena_texts_of(packed) -%}
    {%- set texts = athena_utf_16("upper(bytes)") -%}
    {%- set windows_1252 = athena_windows_1252("upper(bytes)") -%}
    array_join(
        filter(
            flatten(transform(
                {{ packed }},
                bytes -> case
                    when bytes is null then array[]
                    when regexp_like(bytes, '^(?:..)*00') then array[{{ texts | join(", ") }}]
                    when to_utf8(from_utf8(from_hex(bytes))) = from_hex(bytes) then array[from_utf8(from_hex(bytes))]
                    when 4 * length(regexp_replace(upper(bytes), '([89A-F].)|..', '$1')) <= length(bytes)
                        then array[{{ windows_1252 }}]
                    else array[]
                end
            )),
            said -> said is not null and not regexp_like(said, '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{9f}]')
        ),
        {{ athena_apart() }}
    )
{%- endmacro %}
