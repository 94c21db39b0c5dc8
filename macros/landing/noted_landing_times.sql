{#- On Athena, when files landed whose objects have another time (docs/rules.md, When something landed): a map from the file's name and its
    object's time, in seconds. -#}
{% macro noted_landing_times() -%}
    (
        select map_agg(source_file || ' ' || split_part(state, ' ', 2), cast(landed_at as timestamp(6)))
        from {{ zone_relation("audit", "landing_file") }}
        where to_unixtime(landed_at) <> cast(split_part(state, ' ', 2) as double)
    )
{%- endmacro %}
