{#- What of a column to search, as (text, condition); nothing for a boolean, which can hold no text. Numbers only from 8 digits on,
    and only whole ones. -#}
{% macro text_to_search(column, vocabulary) %}
    {% set name = adapter.quote(column.name) %}
    {% set type = column.dtype | lower %}
    {% if type == "boolean" %}
        {{ return(none) }}
    {% elif column.is_string() %}
        {{ return((regexp_space(name, vocabulary) if vocabulary else name, none)) }}
    {% elif type == "date" %}
        {{ return(("cast(" ~ name ~ " as varchar)", none)) }}
    {% elif type.startswith("timestamp") %}
        {{ return((
            "cast(cast(" ~ name ~ " as date) as varchar)",
            name ~ " < timestamp '2000-01-01 00:00:00' and " ~ name ~ " = date_trunc('day', " ~ name ~ ")",
        )) }}
    {% elif type.split("(")[0] in ["tinyint", "smallint", "integer", "int", "bigint", "hugeint", "real", "float", "double", "decimal"] %}
        {{ return((
            "cast(cast(" ~ name ~ " as decimal(38, 0)) as varchar)",
            name ~ " between 10000000 and 1000000000000000000 and " ~ name ~ " = floor(" ~ name ~ ")",
        )) }}
    {% else %}
        {{ exceptions.raise_compiler_error(
            "column " ~ column.name ~ " is of type " ~ column.dtype ~ ", which no_personal_data_values cannot search"
        ) }}
    {% endif %}
{% endmacro %}
