{#- Whether a reading may be used as far as its time goes, under the variable consent_scope. -#}
{% macro is_within_consent(reading_time, consent_date) -%}
    {%- if var("consent_scope") == "since_consent" -%}
        {{ reading_time }} >= {{ consent_date }}
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
