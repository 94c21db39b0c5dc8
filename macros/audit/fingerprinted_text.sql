{% macro fingerprinted_text() -%}
    'stedi vault key fingerprint'
{%- endmacro %}
