{#- The documents of a landing source (docs/rules.md, Reading a line): line (the document's text), source_file and loaded_at. Staging
    begins here. -#}
{% macro landing_documents(name) -%}
    {{ adapter.dispatch("landing_documents", "stedi")(name) }}
{%- endmacro %}

{% macro default__landing_documents(name) -%}
    {{ unsupported_engine("landing_documents") }}
{%- endmacro %}

{#- A file's name that may be personal data becomes a pseudonym, which takes the vault's key. -#}
{% macro athena__landing_documents(name) -%}
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
                {{ source_file() }} as source_file,
                {{ loaded_at(source_file()) }} as loaded_at
            from {{ source("landing", name) }}
            cross join {{ keyed_vault() }} as vault
            where
                not {{ is_blank_line("line") }}
                and {{ every_landing_file() }}
        ) as trimmed
    ) as landed
    cross join unnest(landed.documents) as document (line)
{%- endmacro %}

{#- Lines of several documents were taken apart when landing was listed (src/stedi/landing_files.py). -#}
{% macro duckdb__landing_documents(name) -%}
    select
        {{ trimmed_line("line") }} as line,
        {{ source_file() }} as source_file,
        {{ loaded_at() }} as loaded_at
    from {{ source("landing", name) }}
    where
        not {{ is_blank_line("line") }}
        and {{ every_landing_file() }}
{%- endmacro %}
