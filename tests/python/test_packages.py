"""Packages of others: their models need a schema, which the project cannot choose for them."""

from __future__ import annotations

from pathlib import Path

from lakehouse import Lakehouse, copy_project


def test_a_package_with_models_is_told_how_to_get_a_schema(tmp_path: Path) -> None:
    project, package = tmp_path / "project", tmp_path / "package"
    project.mkdir()
    copy_project(project)
    (package / "models").mkdir(parents=True)
    (package / "dbt_project.yml").write_text("{name: others, version: '1.0'}")
    (package / "models" / "theirs.sql").write_text("select 1 as number")
    (project / "packages.yml").write_text("{packages: [{local: ../package}]}")
    lakehouse = Lakehouse(tmp_path, "unused", project=project)
    lakehouse.dbt("deps")
    told = lakehouse.dbt("parse", check=False).stdout
    assert "model theirs of package others has no schema" in told
    assert "models: {others: {+schema: others}}" in told

    settings = project / "dbt_project.yml"
    settings.write_text(settings.read_text().replace("\nmodels:\n", "\nmodels:\n  others: {+schema: others}\n", 1))
    lakehouse.dbt("parse")
