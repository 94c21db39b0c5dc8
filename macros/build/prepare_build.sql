{#- What must hold before any model is built, in this order: settings, the vault, landing, the landing and key that the tables
    were built from, and that no table is built without what decides about customers. Each failure is one line that says what to do, and leaves every table as it was. Only `dbt run` and
    `dbt build` prepare anything: other commands that run these hooks only read. -#}
{% macro prepare_build() %}
    {% if execute and is_build() %}
        {% do check_settings() %}
        {% do check_vault_key() %}
        {% do create_ledgers() %}
        {#- What models ask for is asked here once, before they ask side by side. -#}
        {% do relation_states() %}
        {% do decide_listed_since() %}
        {% do found_at_start() %}
        {% do prepare_landing() %}
        {% do check_selection() %}
        {% do drop_leftovers() %}
        {% do take_relations() %}
    {% endif %}
{% endmacro %}
