{#- Looks at what lies in landing, and notes it in `landing_file`. What Athena cannot read is set aside, so that no query meets it.
    1. List landing, and look at the first bytes of what is new (src/stedi/athena_landing.py).
    2. A gzip file may be broken further on, and a large file may have a line that Athena refuses: one statement reads those that are new;
       where it fails, each of them is looked at.
    3. Refuse another landing than the tables were built from (remember_landing).
    4. Write down what was found. A build that dies before finds it all again. -#}
{% macro athena_note_landing_files() %}
    {% do build_memory().update({"listed_before": time_of_last_listing()}) %}
    {% set found = found_landing() %}
    {% set doubtful = [] %}
    {% set reads = [] %}
    {% for model in landed_models() %}
        {% set source = landing_source_of(model) %}
        {% set paths = [] %}
        {% for object in found.objects if object.entity == entity_of(source) and object.is_doubtful %}
            {% do doubtful.append(object) %}
            {% do paths.append(object.path) if object.is_plain %}
        {% endfor %}
        {% if paths %}
            {% do reads.append(
                'select count(*) from "' ~ source.schema ~ '"."' ~ source.identifier ~ '" where ' ~ literal_in('"$path"', paths)
            ) %}
        {% endif %}
    {% endfor %}
    {% set error = adapter.error_of(reads | join(" union all ")) if reads else none %}
    {% for object in doubtful if error or not object.is_plain %}
        {% do adapter.set_aside(object, adapter.why_unreadable(object.path)) %}
    {% endfor %}
    {% if error and not doubtful | selectattr("reason") | list %}
        {{ exceptions.raise_compiler_error(error) }}
    {% endif %}
    {% set unreadable = found.objects | selectattr("reason") | list %}
    {% set problem = adapter.set_ranges(found) %}
    {% if problem %}
        {{ exceptions.raise_compiler_error(problem) }}
    {% elif unreadable | length > 900 %}
        {{ exceptions.raise_compiler_error(
            unreadable | length ~ " landing files cannot be read, more than Athena can pass over (900). The first is "
            ~ unreadable[0].name ~ ": " ~ unreadable[0].reason
        ) }}
    {% endif %}
    {% set passed_over = [] %}
    {% for object in unreadable %}
        {% do passed_over.append(object.range or object.path) %}
    {% endfor %}
    {% do build_memory().update({"unreadable": passed_over}) %}
    {% set is_changed = found.gone > 0 or found.objects | selectattr("is_changed") | list | length > 0 %}
    {% do remember_landing(landing_root(), none, is_changed or none) %}
    {% do adapter.note_landing(landing_root(), athena_listing_place(), found.objects) %}
{% endmacro %}
