{#- The hour, as the folder it lies in (2026/11/24/20), from which this build lists the landing files at `location`; none for all of them
    (decide_listed_since). -#}
{% macro listed_since(location) %}
    {{ return(build_memory().get("listed_since", {}).get(location)) }}
{% endmacro %}
