"""STEDI human balance analytics: what dbt does not do."""
