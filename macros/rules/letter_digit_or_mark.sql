{#- In a regular expression. Alternatives, not a class: behind a class that repeats, Athena's engine takes a class of `\p{L}` for one with `}`. -#}
{% macro letter_digit_or_mark() -%}
    (?:\p{L}|\p{N}|\p{M})
{%- endmacro %}
