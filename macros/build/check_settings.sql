{#- Stops a build on a variable with a value nobody defined, and on a mistake in a model's settings, before anything is touched. -#}
{% macro check_settings() %}
    {% if flags.EMPTY or flags.SAMPLE %}
        {{ exceptions.raise_compiler_error(
            "--empty and --sample would take people out of the tables: leave them away"
        ) }}
    {% endif %}
    {% set allowed = {
        "consent_scope": ["all_readings", "since_consent"],
        "ml_join": ["same_participant", "timestamp_only"],
        "replace_landing": [true, false],
    } %}
    {% for name, values in allowed.items() if var(name) not in values %}
        {{ exceptions.raise_compiler_error(
            "variable " ~ name ~ " is '" ~ var(name) ~ "'; it must be " ~ values | join(" or ")
        ) }}
    {% endfor %}
    {% set k = var("k_anonymity") %}
    {% if k is not integer or k is boolean or k < 2 %}
        {{ exceptions.raise_compiler_error(
            "variable k_anonymity is '" ~ k ~ "'; it must be a whole number of at least 2"
        ) }}
    {% endif %}
    {% set age = var("minimum_age") %}
    {% if age is not integer or age is boolean or not 0 <= age <= 120 %}
        {{ exceptions.raise_compiler_error(
            "variable minimum_age is '" ~ age ~ "'; it must be a whole number of years from 0 to 120"
        ) }}
    {% endif %}
    {% set share = var("below_k_percent") %}
    {% if share is not number or share is boolean or not 0 <= share <= 100 %}
        {{ exceptions.raise_compiler_error(
            "variable below_k_percent is '" ~ share ~ "'; it must be a number from 0 to 100"
        ) }}
    {% endif %}
    {% set lookback = var("landing_lookback_hours") %}
    {% if lookback is not integer or lookback is boolean or lookback < 0 %}
        {{ exceptions.raise_compiler_error(
            "variable landing_lookback_hours is '" ~ lookback ~ "'; it must be a whole number of hours, or 0 for every folder"
        ) }}
    {% endif %}
    {% for alarm in [
        "rejected_percent", "nameless_percent", "unreadable_dates_percent", "nobodys_percent", "unpaired_readings",
        "stale_hours", "lost_percent", "without_consent_percent", "erasure_days",
    ] %}
        {% set bounds = {"warn": var(alarm ~ "_warn"), "error": var(alarm ~ "_error")} %}
        {% for level, bound in bounds.items() %}
            {% if bound is not number or bound is boolean or not 0 <= bound < 1e9 %}
                {{ exceptions.raise_compiler_error(
                    "variable " ~ alarm ~ "_" ~ level ~ " is '" ~ bound ~ "'; it must be a number of at least 0"
                ) }}
            {% endif %}
        {% endfor %}
        {% if 0 < bounds["error"] < bounds["warn"] %}
            {{ exceptions.raise_compiler_error(
                "variable " ~ alarm ~ "_error is " ~ bounds["error"] ~ ", below " ~ alarm ~ "_warn, " ~ bounds["warn"]
                ~ "; it must be at least that, or 0 for never"
            ) }}
        {% endif %}
    {% endfor %}
    {% do check_entities() %}
    {% for node in project_models() %}
        {% do part_spec(node) %}
    {% endfor %}
{% endmacro %}
