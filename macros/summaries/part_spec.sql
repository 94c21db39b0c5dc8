{#- How a model's table is divided into parts, from `meta: {parts: ...}` of its config, with none for what is not set:
      by: the columns whose values divide it; the first is its key
      time: the column whose hour divides it further
      fingerprint: the columns that tell two versions of a part apart; all of them where none are named
    and, where what a part should hold follows from other summaries, one of
      lines_of: every good line of this staging model (the table has a line_count)
      admitted: {from, by, key}: every part of the model `from` whose key is in the model `by`
      pairs_of: the pairs of two models' parts.
    A mistake in it is one line that names the model. -#}
{% macro part_spec(node=none) %}
    {% set node = node or model %}
    {% set known = build_memory().setdefault("part_specs", {}) %}
    {% if node.unique_id not in known %}
        {% set spec = {"by": none, "time": none, "fingerprint": none, "lines_of": none, "admitted": none, "pairs_of": none} %}
        {% set given = node.config.meta.get("parts") or {} %}
        {% set mistake = mistake_in_part_spec(node, given, spec.keys() | list) %}
        {% if mistake %}
            {{ exceptions.raise_compiler_error(node.original_file_path ~ ": meta.parts " ~ mistake) }}
        {% endif %}
        {% do spec.update(given) %}
        {% do known.update({node.unique_id: spec}) %}
    {% endif %}
    {{ return(known[node.unique_id]) }}
{% endmacro %}

{#- What is wrong with a model's `meta.parts`, in words; empty if nothing is. -#}
{% macro mistake_in_part_spec(node, given, keys) %}
    {% if node.config.materialized not in ["landed", "reconciled"] %}
        {{ return("are for landed and reconciled models" if given else "") }}
    {% elif not given.get("by") %}
        {{ return("must name `by`, the columns that divide the table into parts") }}
    {% endif %}
    {% for key in given if key not in keys %}
        {{ return("has `" ~ key ~ "`, which is none of " ~ keys | join(", ")) }}
    {% endfor %}
    {% set columns = given["by"] + ([given["time"]] if given.get("time") else []) + (given.get("fingerprint") or []) %}
    {% for column in columns if column not in node.columns %}
        {{ return("names `" ~ column ~ "`, which is no column of the model") }}
    {% endfor %}
    {% set models = [] %}
    {% for key in ["lines_of", "admitted", "pairs_of"] if given.get(key) %}
        {% do models.append([given[key]] if key == "lines_of" else [given[key]["from"], given[key]["by"]] if key == "admitted" else given[key]) %}
    {% endfor %}
    {% if models and (models | length > 1 or not given.get("time") or node.config.materialized != "reconciled") %}
        {{ return("may have one of lines_of, admitted and pairs_of, of a reconciled model with a `time`") }}
    {% endif %}
    {% if given.get("admitted") and given["admitted"]["key"] not in given["by"] %}
        {{ return("admits by `" ~ given["admitted"]["key"] ~ "`, which is not in `by`") }}
    {% endif %}
    {% for name in models | sum(start=[]) if "model." ~ node.package_name ~ "." ~ name not in node.depends_on.nodes %}
        {{ return("names `" ~ name ~ "`, which is no model that this one reads") }}
    {% endfor %}
    {{ return("") }}
{% endmacro %}
