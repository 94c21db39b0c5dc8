{#- A text as an e-mail address, as it is compared and pseudonymised (docs/rules.md, Reading a value); null when it has not the
    shape of one. Nearly every text is one already, which is seen at once. -#}
{% macro email_address(text) -%}
    case
        when length({{ text }}) > 1000 then null
        when {{ regexp_matches(text, "^[a-z0-9][a-z0-9._+-]*@[a-z0-9.-]*[a-z0-9]\\z") }} then {{ text }}
        else {{ email_in_folded(folded(text)) }}
    end
{%- endmacro %}
