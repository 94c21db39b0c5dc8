{#- Ends the command: a dispatched macro has no answer for this engine. -#}
{% macro unsupported_engine(macro_name) -%}
    {{ exceptions.raise_compiler_error(
        macro_name ~ " is not written for " ~ target.type ~ ": this project runs on athena and duckdb"
    ) }}
{%- endmacro %}
