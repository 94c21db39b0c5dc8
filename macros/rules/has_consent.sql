{#- Whether a research consent date consents: readable (staging leaves no other), and not after the start of the build.
    The build's clock is one for all models, so that no two of them disagree. -#}
{% macro has_consent(consent_date) -%}
    ({{ consent_date }} is not null and {{ consent_date }} <= timestamp '{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") }}')
{%- endmacro %}
