{#- What must hold before any model is built: known settings, landing that can be read, a vault key, the audit's ledgers,
    nothing left over. Each failure is one line that says what to do, and leaves every table as it was. -#}
{% macro prepare_build() %}
    {% if execute %}
        {% do check_settings() %}
        {% do prepare_landing() %}
        {% do check_vault_key() %}
        {% do create_ledgers() %}
        {% do note_replaced_landing() %}
        {% do drop_leftovers() %}
    {% endif %}
{% endmacro %}
