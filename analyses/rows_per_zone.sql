{%- set zones = {
    "landing": [
        source("landing", "customer_landing_lines"),
        source("landing", "accelerometer_landing_lines"),
        source("landing", "step_trainer_landing_lines"),
    ],
    "staging": [
        ref("stg_customer"),
        ref("stg_accelerometer"),
        ref("stg_step_trainer"),
        ref("stg_device"),
        ref("stg_accelerometer_reading"),
        ref("stg_step_trainer_reading"),
    ],
    "trusted": [
        ref("customer_trusted"),
        ref("accelerometer_trusted"),
        ref("device_trusted"),
        ref("step_trainer_trusted"),
    ],
    "curated": [
        ref("customers_curated"),
        ref("machine_learning_curated"),
    ],
    "audit": [
        ref("row_outcome"),
        source("audit", "build"),
        source("audit", "removal"),
    ],
} -%}

with

counted as (

    {%- for zone, relations in zones.items() %}
    {%- set position = loop.index %}
    {%- for relation in relations %}
    select
        {{ position }} as zone_position,
        '{{ zone }}' as zone,
        '{{ relation.identifier }}' as relation,
        count(*) as row_count
    from {{ relation }}
    {{- "" if zone == "audit" and loop.last else "\n    union all" }}
    {%- endfor %}
    {%- endfor %}

)

select
    zone,
    relation,
    row_count
from counted
order by zone_position, relation
