{#- How many rows a summary counts. Where it is not believed both its parts and its totals are summed, and no number is right if the two differ. -#}
{% macro summed_rows(is_believed) %}
    {% set total = "coalesce(sum(case when is_total then row_count else 0 end), 0)" %}
    {{ return(total if is_believed else "case when sum(case when is_total then -row_count else row_count end) <> 0 then -1 else " ~ total ~ " end") }}
{% endmacro %}
