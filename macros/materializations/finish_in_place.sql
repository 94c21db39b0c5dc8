{#- How a model that was changed in place ends. -#}
{% macro finish_in_place() %}
    {% set relation = this.incorporate(type="table") %}
    {{ run_hooks(post_hooks, inside_transaction=true) }}
    {% do persist_docs(relation, model) %}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=false) }}
    {{ return({"relations": [relation]}) }}
{% endmacro %}
