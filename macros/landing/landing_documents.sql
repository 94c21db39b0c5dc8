{#- The documents of a landing source (docs/rules.md, Reading a line): line (the document's text), source_file and loaded_at. Staging
    begins here. A test, which has no vault key, takes the file's name as it is (`with_key` false). -#}
{% macro landing_documents(name, with_key=true) -%}
    {{ adapter.dispatch("landing_documents", "stedi")(name, with_key) }}
{%- endmacro %}

{% macro default__landing_documents(name, with_key) -%}
    {{ unsupported_engine("landing_documents") }}
{%- endmacro %}

{#- A file's name that may be personal data becomes a pseudonym, which takes the vault's key. -#}
{% macro athena__landing_documents(name, with_key) -%}
    {%- set file = source_file() if with_key else plain_source_file() -%}
    select
        document.line,
        landed.source_file,
        landed.loaded_at
    from (
        select
            {{ documents_of("line") }} as documents,
            source_file,
            loaded_at
        from (
            select
                {{ trimmed_line("line") }} as line,
                {{ file }} as source_file,
                {{ loaded_at(file) }} as loaded_at
            from {{ source("landing", name) }}
            {%- if with_key %}
            cross join {{ keyed_vault() }} as vault
            {%- endif %}
            where
                not {{ is_blank_line("line") }}
                and {{ every_landing_file() }}
        ) as trimmed
    ) as landed
    cross join unnest(landed.documents) as document (line)
{%- endmacro %}

{#- Lines of several documents were taken apart when landing was listed (src/stedi/landing_files.py). -#}
{% macro duckdb__landing_documents(name, with_key) -%}
    select
        {{ trimmed_line("line") }} as line,
        {{ source_file() }} as source_file,
        {{ loaded_at() }} as loaded_at
    from {{ source("landing", name) }}
    where
        not {{ is_blank_line("line") }}
        and {{ every_landing_file() }}
{%- endmacro %}
