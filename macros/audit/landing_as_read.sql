{#- What staging reads, in one text: the generation of landing, and the erasure list under which it is read. -#}
{% macro landing_as_read() %}
    {{ return((remembered_landing() or {}).get("generation", "") ~ " " ~ erasure_digest()) }}
{% endmacro %}
