{#- Whether a file's name is, or stands for, one that may be personal data. -#}
{% macro may_be_personal(source_file) -%}
    {{ regexp_matches(source_file, "@|%40|[^!-~]|(^|/)~") }}
{%- endmacro %}
