{#- Train, validation or test, 80 / 10 / 10, for a participant as a whole. A pseudonym is a uniform hexadecimal number, so
    comparing it as text with 0.8 and 0.9 of the range is all it takes, on every engine alike. -#}
{% macro dataset_split(participant_id) -%}
    case
        when {{ participant_id }} < '{{ "c" * 32 }}' then 'train'
        when {{ participant_id }} < '{{ "e" ~ "6" * 31 }}' then 'validation'
        else 'test'
    end
{%- endmacro %}
