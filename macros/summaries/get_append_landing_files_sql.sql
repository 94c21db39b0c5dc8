{#- Lines of unread files, by the model's own SQL with a literal predicate on the file name in the place of
    `every_landing_file()`: only a literal keeps an engine from opening the other files.
    Of many files a literal predicate is the range they lie in, and files that were read before may lie there too: so the same
    predicate stands everywhere, and what the summary knows is left out.
    A merge, not an insert, because a retry of one whose answer was lost must add nothing, and because Iceberg lets
    two merges of the same file not both succeed. -#}
{% macro get_append_landing_files_sql(files) %}
    {% set marker = every_landing_file() %}
    {% if sql.count(marker) != 1 %}
        {{ exceptions.raise_compiler_error(model.name ~ " must have every_landing_file() as a condition, once") }}
    {% endif %}
    {% set columns = model.columns.keys() | list %}
    merge into {{ this }} as staged
    using (
        select {{ columns | join(", ") }}
        from ({{ with_landing_times(sql.replace(marker, is_in_landing_files(files)), files) }}) as landed
        where
            {{ is_in_files_read(files, "landed") }}
            and source_file not in (select source_file from {{ summary_of() }} where is_total and {{ is_in_files_read(files) }})
    ) as landed
        on staged.source_file = landed.source_file and {{ is_in_files_read(files, "staged") }}
    when not matched then
        insert ({{ columns | join(", ") }})
        values (landed.{{ columns | join(", landed.") }})
{% endmacro %}
