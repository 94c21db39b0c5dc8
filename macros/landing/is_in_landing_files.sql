{#- Lines of these files, as a literal predicate. A name that may be personal data stands in no SQL text: such files are found
    by a digest, though an engine then opens the others to look. -#}
{% macro is_in_landing_files(files) -%}
    {%- set plain = [] -%}
    {%- set digests = [] -%}
    {%- for file in files -%}
        {%- if file["path"].endswith(file["source_file"]) -%}
            {%- do plain.append(file["path"]) -%}
        {%- else -%}
            {%- do digests.append(local_md5(file["path"])) -%}
        {%- endif -%}
    {%- endfor -%}
    (
        {{ literal_in('"$path"', plain) if plain else "1 = 0" }}
        {%- if digests %}
        or {{ literal_in(md5_of('"$path"'), digests) }}
        {%- endif %}
    )
    {%- if digests and target.type == "athena" %}
    and {{ every_landing_file() }}
    {%- endif %}
{%- endmacro %}
