{#- Whether a landing file at `location` is among those that this build lists, by its name: as in src/stedi/landing_files.py, `list_s3`. -#}
{% macro is_listed(source_file, location) -%}
    {%- set since = listed_since(location) -%}
    {%- if since -%}
        (not {{ regexp_matches(source_file, "^" ~ location ~ "/[0-9]{4}/") }} or {{ source_file }} > '{{ location }}/{{ since }}')
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
