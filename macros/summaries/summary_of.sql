{#- The summary of a table: what it holds, part by part (`reconciled`) or file by file (`landed`). In staging, because it
    speaks of people who did not consent too. -#}
{% macro summary_of(name=none) %}
    {{ return(zone_relation("staging", (name or model.name) ~ "_parts")) }}
{% endmacro %}
