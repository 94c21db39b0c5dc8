{#- No personal text that ever landed stands in the relation: no value of a landing field that its source's yml labels `pii: true`,
    so that a new field is looked for as soon as it is declared. Both sides are folded (NFKC, lower case). Looked for are:
    - plain: a personal text of at least 6 characters, or the e-mail address in it, anywhere in a text or a day. Shorter ones say
      nothing about a person and occur by chance. What begins or ends with a digit is not found within a longer number.
    - bare: one of at least 8 letters and digits, some of them letters, also where its punctuation was left out.
    - whole: one of at least 8 letters and digits that is all of a text or a number, without its punctuation and leading
      zeros: a phone number in an integer, a serial number without its dashes (it has the shape of a pseudonym).
    A text with the shape of a pseudonym is only compared as a whole: three letters of a name occur in many a pseudonym. Of times only
    midnights before 2000 are compared, as days: no time that landed can be one, and a birth day may well equal the day of a reading.

    `columns` limits the test to some columns. `vocabulary` gives for a column a regular expression of what its own rules write in
    it, which is taken out first: a customer called Validation must not fail every build. Selects column names and counts, never a
    value. -#}
{% test no_personal_data_values(model, columns=none, vocabulary={}) %}

{{ after_everything() }}

{#- What is taken out of a text for these shapes. A phone number in an integer has lost its leading zeros. -#}
{%- set bare = "[^\\p{L}\\p{N}]" -%}
{%- set whole = "^[^\\p{L}1-9]+|" ~ bare -%}
{%- set fields = [] -%}
{%- set tested = [] -%}
{%- if execute -%}
    {%- for source in landing_sources() if source.config.meta.format == "json" -%}
        {%- for column in source.columns.values() if column.config.meta.pii -%}
            {%- do fields.append((source, adapter.quote(column.name | lower))) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for column in adapter.get_columns_in_relation(model) if columns is none or column.name in columns -%}
        {%- set text = text_to_search(column, vocabulary.get(column.name)) -%}
        {%- do tested.append((column.name, text[0], text[1])) if text -%}
    {%- endfor -%}
    {#- `dbt compile` of a project that was never built has no columns to look at. -#}
    {%- for name in (columns or []) + vocabulary.keys() | list
        if flags.WHICH in ["test", "build"] and name not in tested | map("first") -%}
        {%- do exceptions.raise_compiler_error(model ~ " has no column " ~ name ~ " of text, as a test of it says") -%}
    {%- endfor -%}
{%- endif %}

with

landed as (

    select cast(null as varchar) as personal_text
    where false
    {%- for source, column in fields %}
    union
    select {{ column }} as personal_text
    from {{ api.Relation.create(source.database, source.schema, source.identifier) }}
    where {{ every_landing_file() }}
    {%- endfor %}

),

personal as (

    select distinct lower({{ trimmed(folded("personal_text")) }}) as personal_text
    from landed

),

ways as (

    select
        way,
        shape
    from (
        values ('plain', 'plain'), ('address', 'plain'), ('bare', 'bare'), ('whole', 'whole')
    ) as ways (way, shape)

),

wanted as (

    select distinct
        ways.shape,
        case ways.way
            when 'plain' then personal.personal_text
            when 'address' then {{ email_in_folded("personal.personal_text") }}
            when 'bare' then {{ regexp_remove("personal.personal_text", bare) }}
            else {{ regexp_remove("personal.personal_text", whole) }}
        end as wanted_text
    from personal
    cross join ways

),

telling as (

    select
        shape,
        wanted_text,
        length(wanted_text) as size
    from wanted
    where
        length(wanted_text) >= case when shape = 'plain' then 6 else 8 end
        and (shape <> 'bare' or {{ regexp_matches("wanted_text", "\\p{L}") }})

),

tested as (

    select distinct
        'none' as column_name,
        cast(null as varchar) as tested_text
    from {{ model }}
    where false
    {%- for name, text, condition in tested %}
    union all
    select distinct
        '{{ name }}' as column_name,
        {{ text }} as tested_text
    from {{ model }}
    {%- if condition %}
    where {{ condition }}
    {%- endif %}
    {%- endfor %}

),

folded_texts as (

    select
        column_name,
        lower({{ folded("tested_text") }}) as tested_text
    from tested
    where tested_text is not null

),

searched as (

    select
        folded_texts.column_name,
        shapes.shape,
        case
            when shapes.shape = 'plain' then folded_texts.tested_text
            when shapes.shape = 'bare' then {{ regexp_remove("folded_texts.tested_text", bare) }}
            else {{ regexp_remove("folded_texts.tested_text", whole) }}
        end as searched_text
    from folded_texts
    cross join (values ('plain'), ('bare'), ('whole')) as shapes (shape)
    where
        shapes.shape = 'whole'
        or not {{ regexp_matches("folded_texts.tested_text", "^[0-9a-f]{32}\\z") }}

),

digits as (

    select digit
    from (values {% for digit in range(16) %}({{ digit }}){{ ", " if not loop.last }}{% endfor %}) as digits (digit)

),

-- 1 to 4096
places as (

    select 256 * high.digit + 16 * middle.digit + low.digit + 1 as place
    from digits as high
    cross join digits as middle
    cross join digits as low

),

-- six characters from every place of a text, to join on: comparing every text with every other would be endless work
pieces as (

    select
        searched.column_name,
        searched.shape,
        searched.searched_text,
        places.place,
        substr(searched.searched_text, places.place, 6) as piece
    from searched
    inner join places on places.place <= length(searched.searched_text) - 5
    where searched.shape <> 'whole'

),

-- what is compared as a whole needs no places: with a pseudonym in each row, pieces were nearly all of the work
wholes as (

    select searched.column_name
    from searched
    left join telling
        on
            searched.shape = telling.shape
            and searched.searched_text = telling.wanted_text
    where
        searched.shape = 'whole'
        and (telling.size is not null or length(searched.searched_text) > 4096)

),

-- a text too long to be searched counts too: nothing in these zones has reason to be
found as (

    select pieces.column_name
    from pieces
    left join telling
        on
            pieces.shape = telling.shape
            and pieces.piece = substr(telling.wanted_text, 1, 6)
            and substr(pieces.searched_text, pieces.place, telling.size) = telling.wanted_text
    where
        case
            when telling.size is null then pieces.place = 1 and length(pieces.searched_text) > 4096
            else
                not {{ regexp_matches("substr(' ' || pieces.searched_text, pieces.place, 2)", "^[0-9]{2}\\z") }}
                and not {{ regexp_matches("substr(pieces.searched_text, pieces.place + telling.size - 1, 2)", "^[0-9]{2}\\z") }}
        end
    union all
    select column_name
    from wholes

)

select
    column_name,
    count(*) as personal_texts
from found
group by column_name

{% endtest %}
