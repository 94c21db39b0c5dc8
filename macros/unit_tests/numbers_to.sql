{#- The whole numbers from 1 to `most`, at most 100, as n: for a unit test that needs many rows. -#}
{% macro numbers_to(most) -%}
    select n
    from (
        select tens.n * 10 + ones.n + 1 as n
        from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as ones (n)
        cross join (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as tens (n)
    ) as numbers
    where n <= {{ most }}
{%- endmacro %}
