{#- Whether this command builds tables. -#}
{% macro is_build() %}
    {{ return(flags.WHICH in ["run", "build"]) }}
{% endmacro %}
