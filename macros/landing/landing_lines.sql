{#- The lines of a landing source that are not blank: line (trimmed), source_file and loaded_at. Staging begins here. -#}
{% macro landing_lines(name) -%}
    select
        {{ trimmed_line("line") }} as line,
        {{ source_file() }} as source_file,
        {{ loaded_at(source_file()) }} as loaded_at
    from {{ source("landing", name) }}
    {{ adapter.dispatch("join_vault_for_names", "stedi")() }}
    where
        not {{ is_blank_line("line") }}
        and {{ every_landing_file() }}
{%- endmacro %}

{% macro default__join_vault_for_names() -%}
    {{ unsupported_engine("join_vault_for_names") }}
{%- endmacro %}

{#- A file's name that may be personal data becomes a pseudonym. -#}
{% macro athena__join_vault_for_names() -%}
    cross join {{ keyed_vault() }} as vault
{%- endmacro %}

{% macro duckdb__join_vault_for_names() -%}
{%- endmacro %}
