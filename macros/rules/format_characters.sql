{#- Unicode's format characters (category Cf), for the inside of a regular expression's brackets. In full, because engines know
    different versions of Unicode. -#}
{% macro format_characters() -%}
    {%- set ranges = "\\x{ad}\\x{600}-\\x{605}\\x{61c}\\x{6dd}\\x{70f}\\x{890}-\\x{891}\\x{8e2}\\x{180e}\\x{200b}-\\x{200f}"
        ~ "\\x{202a}-\\x{202e}\\x{2060}-\\x{2064}\\x{2066}-\\x{206f}\\x{feff}\\x{fff9}-\\x{fffb}\\x{110bd}\\x{110cd}"
        ~ "\\x{13430}-\\x{13438}\\x{1bca0}-\\x{1bca3}\\x{1d173}-\\x{1d17a}\\x{e0001}\\x{e0020}-\\x{e007f}" -%}
    {{ ranges }}
{%- endmacro %}
