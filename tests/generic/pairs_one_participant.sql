{#- Every row is a step reading and an acceleration of the participant it is named after. -#}
{% test pairs_one_participant(model) %}

with

expected as (

    select
        steps.participant_id,
        count(*) as row_count
    from {{ ref("step_trainer_trusted") }} as steps
    inner join {{ ref("accelerometer_trusted") }} as readings
        on
            steps.participant_id = readings.participant_id
            and steps.sensor_reading_time = readings.reading_time
    group by steps.participant_id

),

counted as (

    select
        participant_id,
        count(*) as row_count
    from {{ model }}
    group by participant_id

)

select
    coalesce(expected.participant_id, counted.participant_id) as participant_id,
    expected.row_count as expected_rows,
    counted.row_count as counted_rows
from expected
full outer join counted
    on expected.participant_id = counted.participant_id
where coalesce(expected.row_count, 0) <> coalesce(counted.row_count, 0)

{% endtest %}
