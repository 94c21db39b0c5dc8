{#- Sets aside the landing files that Athena cannot read, so that no query meets them: a gzip file that is broken. `landing_file`
    keeps their names and why. One statement reads the gzip files that are new; where it fails, each of them is looked at
    (src/dbt_stedi.py). What cannot be read is new in the next build again. -#}
{% macro athena_set_aside_unreadable_files() %}
    {% set new = [] %}
    {% set reads = [] %}
    {% for model in landed_models() %}
        {% set source = landing_source_of(model) %}
        {% set known = found_at_start().get(model.name, {}).get("files", {}) %}
        {% set paths = [] %}
        {% for file in landing_objects(source) if file["path"].endswith(".gz") and known.get(file["name"]) != file["landed_at"] %}
            {% do new.append({"entity": entity_of(source), "file": file}) %}
            {% do paths.append(file["path"]) if file["is_plain"] %}
        {% endfor %}
        {% if paths %}
            {% do reads.append(
                'select count(*) from "' ~ source.schema ~ '"."' ~ source.identifier ~ '" where ' ~ literal_in('"$path"', paths)
            ) %}
        {% endif %}
    {% endfor %}
    {% set error = adapter.error_of(reads | join(" union all ")) if reads else none %}
    {% set known = noted_unreadable_files() %}
    {% set unreadable = known | rejectattr("is_listed") | list %}
    {% for one in new if error or not one.file["is_plain"] %}
        {% set reason = adapter.why_unreadable(one.file["path"]) %}
        {% if reason and not one.file["is_plain"] %}
            {{ exceptions.raise_compiler_error(
                "a landing file of " ~ one.entity ~ " cannot be read (" ~ reason ~ "). Its name is not told because it may be personal data, "
                ~ "and so Athena cannot pass over it: take the file out, or upload it again"
            ) }}
        {% elif reason %}
            {% do unreadable.append({"entity": one.entity, "file": one.file, "reason": reason, "is_listed": true}) %}
        {% endif %}
    {% endfor %}
    {% if error and not unreadable | selectattr("is_listed") | list %}
        {{ exceptions.raise_compiler_error(error) }}
    {% elif unreadable | length > 900 %}
        {{ exceptions.raise_compiler_error(
            unreadable | length ~ " landing files cannot be read, more than Athena can pass over (900). The first is "
            ~ unreadable[0].file["path"] ~ ": " ~ unreadable[0].reason
        ) }}
    {% endif %}
    {% do note_unreadable_files(unreadable, known) %}
    {% do build_memory().update({"unreadable": unreadable | map(attribute="file") | map(attribute="path") | list}) %}
{% endmacro %}

{#- Those that were written down before, in the same shape; and whether this build lists them. -#}
{% macro noted_unreadable_files() %}
    {% set selects = [] %}
    {% for model in landed_models() %}
        {% set source = landing_source_of(model) %}
        {% do selects.append(
            "select entity, source_file, path, size, landed_at, reason, " ~ is_listed("source_file", source.config.meta.location) ~ " as is_listed
            from " ~ zone_relation("audit", "landing_file") ~ " where entity = '" ~ entity_of(source) ~ "'"
        ) %}
    {% endfor %}
    {% set known = [] %}
    {% for row in run_query(selects | join(" union all ")).rows %}
        {% do known.append({
            "entity": row[0], "file": {"name": row[1], "path": row[2], "size": row[3], "landed_at": row[4]}, "reason": row[5], "is_listed": row[6],
        }) %}
    {% endfor %}
    {{ return(known) }}
{% endmacro %}

{#- Writes them down, where they are not those that were written down before. -#}
{% macro note_unreadable_files(unreadable, known) %}
    {% set noted = zone_relation("audit", "landing_file") %}
    {% set before_and_now = [] %}
    {% for files in [known, unreadable] %}
        {% set rows = [] %}
        {% for one in files %}
            {% do rows.append([one.file["path"], one.file["landed_at"], one.file["size"] | int, one.reason]) %}
        {% endfor %}
        {% do before_and_now.append(rows | sort) %}
    {% endfor %}
    {% if before_and_now[0] == before_and_now[1] %}
        {{ return("") }}
    {% endif %}
    {% do run_query("delete from " ~ noted ~ " where path is not null") if known %}
    {% set values = [] %}
    {% for one in unreadable %}
        {% do values.append(
            "('" ~ one.entity ~ "', " ~ quoted(one.file["name"]) ~ ", 'unreadable', " ~ quoted(one.reason) ~ ", cast(" ~ one.file["size"]
            ~ " as bigint), timestamp '" ~ one.file["landed_at"] ~ "', " ~ quoted(one.file["path"]) ~ ")"
        ) %}
    {% endfor %}
    {% if values %}
        {% do run_query(
            "insert into " ~ noted ~ " (entity, source_file, status, reason, size, landed_at, path)
            select entity, source_file, status, reason, size, cast(landed_at as timestamp(6)), path
            from (values " ~ values | join(", ") ~ ") as found (entity, source_file, status, reason, size, landed_at, path)"
        ) %}
    {% endif %}
{% endmacro %}
