{#- A database remembers the landing and the vault key it was built from. Another landing is refused unless it is asked for.
    Where landing is another one, or a file in it has changed or gone, a new generation of landing begins: staging reads
    everything again, and what is built from it follows (definition_of_model). `is_changed` is none where that cannot be told. The
    latest row counts, so each is noted after the others, also where the clock was set back. -#}
{% macro remember_landing(landing, is_synthetic, is_changed) %}
    {% set known = remembered_landing() %}
    {% set is_moved = known is not none and known["landing"] != landing %}
    {% set is_other = (is_moved and is_changed is not false)
        or (known is not none and none not in [is_synthetic, known["is_synthetic"]] and known["is_synthetic"] != is_synthetic) %}
    {% if is_other and not var("replace_landing") %}
        {{ exceptions.raise_compiler_error(
            "these tables were built from " ~ known["landing"] ~ provenance(known["is_synthetic"]) ~ ", but landing is now "
            ~ landing ~ provenance(is_synthetic) ~ ": "
            ~ ("set STEDI_LANDING back, or STEDI_DUCKDB to another file" if target.type == "duckdb" else "set STEDI_BUCKET back")
            ~ "; to build everything anew from the other landing, add --vars 'replace_landing: true'"
        ) }}
    {% endif %}
    {% set key = key_fingerprint() %}
    {% if known is not none and known["key_fingerprint"] != key %}
        {{ exceptions.raise_compiler_error(
            "the vault key in " ~ vault_root() ~ "/pseudonym_key is not the one that these tables were built with: "
            ~ "restore that key from its backup (pseudonyms under another key would match nobody); where it was rotated, "
            ~ "`stedi rotate-key --execute` goes on with that"
        ) }}
    {% endif %}
    {% if known is none or is_other or is_changed or is_moved %}
        {% set generation = invocation_id if known is none or is_other or is_changed else known["generation"] %}
        {% if known is not none and generation == invocation_id %}
            {% do log("landing is not what was read before: every table is built anew", info=true) %}
        {% endif %}
        {% do run_query(
            "insert into " ~ zone_relation("audit", "landing") ~ " (landing, is_synthetic, key_fingerprint, generation, noted_at)
            select " ~ quoted(landing) ~ ", " ~ ("cast(null as boolean)" if is_synthetic is none else is_synthetic | lower)
            ~ ", '" ~ key ~ "', '" ~ generation ~ "', greatest(" ~ build_clock()
            ~ ", coalesce(max(noted_at) + interval '1' second, " ~ build_clock() ~ ")) from " ~ zone_relation("audit", "landing")
        ) %}
        {% do build_memory().update({"landing": {
            "landing": landing, "is_synthetic": is_synthetic, "key_fingerprint": key, "generation": generation
        }}) %}
    {% endif %}
{% endmacro %}
