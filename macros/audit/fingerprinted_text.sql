{#- What the fingerprint of a vault key is an HMAC of. -#}
{% macro fingerprinted_text() -%}
    'stedi vault key fingerprint'
{%- endmacro %}
