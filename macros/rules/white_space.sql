{#- White space as Unicode defines it, for the inside of a regular expression's brackets. -#}
{% macro white_space() -%}
    \x{09}-\x{0d}\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}
{%- endmacro %}
