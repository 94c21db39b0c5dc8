{#- No participant is in two splits: a model must not be tested on people it was trained on. -#}
{% test one_split_per_participant(model) %}

select
    participant_id,
    count(distinct dataset_split) as splits
from {{ model }}
group by participant_id
having count(distinct dataset_split) > 1

{% endtest %}
