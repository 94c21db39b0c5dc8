{#- A person's name as it is compared: folded, trimmed, lower case, white space runs as one space; null when nothing is left, or it
    is very long. -#}
{% macro normalised_name(text) -%}
    case
        when length({{ text }}) <= 1000
            then nullif(lower({{ trimmed(regexp_space(folded(text), "[" ~ white_space() ~ "]+")) }}), '')
    end
{%- endmacro %}
