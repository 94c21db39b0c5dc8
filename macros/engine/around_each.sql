{#- The texts around each `mark` of a text, as a list: for each pair of `patterns`, what the first (a regular expression that ends the
    text) finds in up to 320 characters before it, the mark, and what the second (one that begins the text) finds in up to 320 after it.
    Null where one finds nothing. Cut at the marks first, because Athena's engine would take the square of a long text without any. -#}
{% macro around_each(text, mark, patterns) -%}
    {{ adapter.dispatch("around_each", "stedi")(text, mark, patterns) }}
{%- endmacro %}

{% macro default__around_each(text, mark, patterns) -%}
    {{ unsupported_engine("around_each") }}
{%- endmacro %}

{% macro athena__around_each(text, mark, patterns) -%}
    flatten(transform(
        {{ let("parts", "split(" ~ text ~ ", '" ~ mark ~ "')", "slice(zip(parts, slice(parts, 2, 1000000)), 1, cardinality(parts) - 1)") }},
        pair -> array[
            {%- for before, after in patterns %}
            regexp_extract(substr(pair[1], greatest(length(pair[1]) - 319, 1)), '{{ before }}', 1)
            || '{{ mark }}' || regexp_extract(substr(pair[2], 1, 320), '{{ after }}', 1){{ "," if not loop.last }}
            {%- endfor %}
        ]
    ))
{%- endmacro %}

{% macro duckdb__around_each(text, mark, patterns) -%}
    flatten(list_transform(
        {{ let("parts", "string_split(" ~ text ~ ", '" ~ mark ~ "')", "list_zip(parts[:-2], parts[2:])") }},
        lambda pair: [
            {%- for before, after in patterns %}
            nullif(regexp_extract(substr(pair[1], greatest(length(pair[1]) - 319, 1)), '{{ before }}', 1), '')
            || '{{ mark }}' || nullif(regexp_extract(substr(pair[2], 1, 320), '{{ after }}', 1), ''){{ "," if not loop.last }}
            {%- endfor %}
        ]
    ))
{%- endmacro %}
