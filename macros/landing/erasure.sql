{#- Rows of one kind of the erasure list: listed, at_time and until_time (models/staging/sources.yml says what each means). -#}
{% macro erasure(kind) -%}
    (
        select
            listed,
            try_cast(at_time as timestamp(6)) as at_time,
            try_cast(until_time as timestamp(6)) as until_time
        from {{ source("vault", "erasure") }}
        where kind = '{{ kind }}'
    )
{%- endmacro %}
