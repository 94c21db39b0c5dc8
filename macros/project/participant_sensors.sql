{#- The sensors whose lines name a participant. Each has the models stg_<sensor>, stg_<sensor>_reading and <sensor>_trusted, with the columns
    participant_id and reading_time. A list, because dbt must know what a model reads before it knows which models there are; a sensor that
    lands and is missing here stops a build (check_entities). -#}
{% macro participant_sensors() %}
    {{ return(["accelerometer"]) }}
{% endmacro %}
