{#- No part of a build is without its customers: a command that writes a trusted, curated or audit table while customers' landing has
    something that was not read, or not decided, must build what decides it too. It is refused otherwise, because a withdrawal may lie
    there. -#}
{% macro check_selection() %}
    {% set missing = [] %}
    {% for id in selected_resources if id.startswith("model.") and graph.nodes[id].fqn[1] in ["trusted", "curated", "audit"] %}
        {% for model in deciding_models_of(graph.nodes[id]) if model.unique_id not in selected_resources and model.name not in missing %}
            {% do missing.append(model.name) %}
        {% endfor %}
    {% endfor %}
    {% set reason = why_undecided(missing) if missing else none %}
    {% if reason %}
        {{ exceptions.raise_compiler_error(
            reason ~ ", and this selection would build other tables without it: add " ~ missing | sort | join(" ") ~ " to --select"
            ~ ", or leave --select and --exclude away"
        ) }}
    {% endif %}
{% endmacro %}

{#- The models above a model that customers' landing flows through. -#}
{% macro deciding_models_of(node) %}
    {% set found = [] %}
    {% set ids = node.depends_on.nodes | select("in", graph.nodes) | list %}
    {% for id in ids if id.startswith("model.") %}
        {% set model = graph.nodes[id] %}
        {% set above = deciding_models_of(model) %}
        {% if above or "source.stedi.landing.customer_landing_lines" in model.depends_on.nodes %}
            {% do found.append(model) %}
            {% do found.extend(above) %}
        {% endif %}
    {% endfor %}
    {{ return(found | unique(attribute="unique_id") | list) }}
{% endmacro %}

{#- In words, why what is in customers' landing may not have come to its end in these models; none where it has. -#}
{% macro why_undecided(names) %}
    {% set staging = graph.nodes["model.stedi.stg_customer"] %}
    {% set read = found_at_start().get("stg_customer") %}
    {% set state = relation_states().get("stg_customer", {}) %}
    {% if read is none or state.get("generation") != landing_as_read() %}
        {{ return("customer landing, or the erasure list, is not as it was read") }}
    {% endif %}
    {% set unread = unread_landing_files(landing_source_of(staging), read["files"]) %}
    {% if unread %}
        {{ return("customer landing has " ~ unread | length ~ " file(s) that were not read") }}
    {% endif %}
    {% set last = last_builds() %}
    {% for name in names %}
        {% for model in deciding_models_of(graph.nodes["model.stedi." ~ name]) if last.get(name, -1) < last.get(model.name, -1) %}
            {{ return("customer landing was read by " ~ model.name ~ " and not yet by " ~ name) }}
        {% endfor %}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}

{#- Of each relation the number of the last build in which it was built, as far as the audit's last thousand builds say. -#}
{% macro last_builds() %}
    {% set last = {} %}
    {% for row in run_query(
        "select changes from (
            select changes, started_at from " ~ zone_relation("audit", "build") ~ " order by started_at desc limit 1000
        ) as latest order by started_at"
    ).rows %}
        {% set number = loop.index %}
        {% for name in fromjson(row[0]) %}
            {% do last.update({name: number}) %}
        {% endfor %}
    {% endfor %}
    {{ return(last) }}
{% endmacro %}
