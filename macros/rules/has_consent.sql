{#- Whether a research consent date consents: readable (staging leaves no other), and not after the start of the build. -#}
{% macro has_consent(consent_date) -%}
    ({{ consent_date }} is not null and {{ consent_date }} <= {{ build_clock() }})
{%- endmacro %}
