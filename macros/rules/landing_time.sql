{#- Epoch milliseconds in text as timestamp(6) UTC; null outside 2000-01-01 .. 2100-01-01. The window is fixed, so a line
    is judged the same whenever it is read. -#}
{% macro landing_time(text) -%}
    case
        when {{ whole_number(text) }} between 946684800000 and 4102444800000
            then {{ epoch_ms_to_timestamp("try_cast(split_part(" ~ text ~ ", '.', 1) as bigint)") }}
    end
{%- endmacro %}
