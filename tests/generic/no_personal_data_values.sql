{#- No e-mail, name, phone or serial number that ever landed occurs in any text column. A text that has the shape of a
    pseudonym is compared as a whole (three letters of a name occur in many a pseudonym), also without punctuation, for a
    serial number without its dashes is no pseudonym; any other text must not contain one. Selects column names and
    counts, never a value. -#}
{% test no_personal_data_values(model) %}

{%- set text_columns = [] -%}
{%- if execute -%}
    {%- for column in adapter.get_columns_in_relation(model) if column.is_string() -%}
        {%- do text_columns.append(column.name) -%}
    {%- endfor -%}
{%- endif %}

with

landed as (

    select customername as personal_text from {{ source("landing", "customer_landing") }}
    union
    select email as personal_text from {{ source("landing", "customer_landing") }}
    union
    select phone as personal_text from {{ source("landing", "customer_landing") }}
    union
    select serialnumber as personal_text from {{ source("landing", "customer_landing") }}
    union
    select "user" as personal_text from {{ source("landing", "accelerometer_landing") }}
    union
    select serialnumber as personal_text from {{ source("landing", "step_trainer_landing") }}

),

personal as (

    select distinct {{ normalised("personal_text") }} as personal_text
    from landed

),

-- shorter texts say nothing about a person, and occur by chance
telling as (

    select
        personal_text,
        {{ regexp_remove("personal_text", "[^0-9a-z]") }} as bare_text
    from personal
    where length(personal_text) >= 6

),

tested as (

    select distinct
        'none' as column_name,
        '' as tested_text
    from {{ model }}
    where false
    {%- for column in text_columns %}
    union all
    select distinct
        '{{ column }}' as column_name,
        lower({{ column }}) as tested_text
    from {{ model }}
    {%- endfor %}

),

shaped as (

    select
        column_name,
        tested_text,
        {{ regexp_remove("tested_text", "[^0-9a-z]") }} as bare_text,
        {{ regexp_matches("tested_text", "^[0-9a-f]{32}\\z") }} as is_pseudonym
    from tested

),

equal as (

    select shaped.column_name
    from shaped
    inner join telling
        on shaped.bare_text = telling.bare_text
    where length(telling.bare_text) >= 8

),

contained as (

    select shaped.column_name
    from shaped
    inner join telling
        on strpos(shaped.tested_text, telling.personal_text) > 0
    where not shaped.is_pseudonym

),

found as (

    select column_name from equal
    union all
    select column_name from contained

)

select
    column_name,
    count(*) as personal_texts
from found
group by column_name

{% endtest %}
