{#- A condition on a landing source: lines of every file that can be read. In a staging model's own SQL it stands where the files to be
    read are chosen. -#}
{% macro every_landing_file() -%}
    {{ adapter.dispatch("every_landing_file", "stedi")() }} /* of every landing file */
{%- endmacro %}

{% macro default__every_landing_file() -%}
    {{ unsupported_engine("every_landing_file") }}
{%- endmacro %}

{#- One file that it cannot read would fail every query of the table. -#}
{% macro athena__every_landing_file() -%}
    {%- set conditions = [] -%}
    {%- set paths = unreadable_landing_files() | select("string") | map("replace", "'", "''") | list -%}
    {%- if paths -%}
        {%- do conditions.append('"$path" not in (\'' ~ paths | join("', '") ~ "')") -%}
    {%- endif -%}
    {%- for first, end in unreadable_landing_files() | reject("string") -%}
        {%- do conditions.append('("$path" < ' ~ quoted(first) ~ ' or "$path" >= ' ~ quoted(end) ~ ")") -%}
    {%- endfor -%}
    {{ "(" ~ conditions | join(" and ") ~ ")" if conditions else "true" }}
{%- endmacro %}

{#- The landing views leave it out. -#}
{% macro duckdb__every_landing_file() -%}
    true
{%- endmacro %}
