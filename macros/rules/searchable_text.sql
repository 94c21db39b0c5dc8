{#- A text as e-mails are looked for in it: folded, and once more without the letters of scripts that have no spaces between words,
    and once more in Latin letters alone, because an e-mail may stand among letters that are no part of it. -#}
{% macro searchable_text(folded) -%}
    case
        when {{ regexp_matches(folded, "[^\\x00-\\x7f]") }}
            then {{ joined(
                [
                    folded,
                    regexp_space(folded, "[\\x{2e80}-\\x{dfff}\\x{e001}-\\x{10ffff}]"),
                    regexp_space(folded, "[\\x{250}-\\x{1dff}\\x{1f00}-\\x{dfff}\\x{e001}-\\x{10ffff}]"),
                ],
                " ",
            ) }}
        else {{ folded }}
    end
{%- endmacro %}
