{#- A vault relation: a view over the vault's file, so that what is in it never enters the database. -#}
{% macro duckdb_create_vault_view(source) %}
    {% set file = vault_root() ~ "/" ~ source.identifier ~ "/key.hex" %}
    {% if run_query("select count(*) from glob('" ~ adapter.escape_sql_string(file) ~ "')").rows[0][0] == 0 %}
        {{ exceptions.raise_compiler_error(
            "no vault key at " ~ file ~ ": run `stedi generate` or `make run` to make one, or set STEDI_VAULT to the folder of yours"
        ) }}
    {% endif %}
    {% do run_query(
        "create or replace view \"" ~ source.schema ~ "\".\"" ~ source.identifier ~ "\" as
        select trim(line, e' \\r\\t') as key_hex from read_csv('" ~ adapter.escape_sql_string(file) ~ "',
            columns = {'line': 'varchar'}, header = false, auto_detect = false,
            delim = '\\x02', quote = '', escape = '', comment = '', new_line = '\\n', strict_mode = false)
        where line is not null"
    ) %}
{% endmacro %}
