{#- The rows of `relation` with more columns: for each pair {column: pseudonym} of `columns` the first 32 hexadecimal digits of
    HMAC-SHA256 of the column's text under the vault key, null for no value; for each pair of `lists` those of a list's texts,
    joined (joined_set). The key is joined in, never written into the SQL. -#}
{% macro pseudonymised(relation, columns, lists={}) -%}
    select
        {{ relation }}.*,
        {%- for column, pseudonym in columns.items() %}
        {{ hmac_digits(relation ~ "." ~ column) }} as {{ pseudonym }}{{ "," if not loop.last or lists }}
        {%- endfor %}
        {%- for column, pseudonyms in lists.items() %}
        {{ joined_set(mapped(
            filtered(relation ~ "." ~ column, "listed", "listed is not null"), "listed", hmac_digits("listed")
        )) }} as {{ pseudonyms }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    cross join {{ keyed_vault() }} as vault
{%- endmacro %}
