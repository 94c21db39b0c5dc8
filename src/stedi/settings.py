"""Where things are: the project's folder, and what the environment says of landing, database, vault and AWS.

An empty variable counts as not set. A relative path is relative to the project's folder, as it is for dbt.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from stedi.errors import StediError

ENTITIES = ("customer", "accelerometer", "step_trainer")
"""What the training set is made of, and what is generated; `stedi.entities` knows everything that lands."""

ZONES = ("landing", "staging", "trusted", "curated", "audit")
"""The schemas, in the order in which data flows through them."""

DEFAULT_LANDING = "data/landing"
DEFAULT_VAULT = "data/vault"

PATHS = ("STEDI_LANDING", "STEDI_DUCKDB", "STEDI_VAULT")
"""The variables that name a place in the file system."""

BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
"""What a bucket may be called."""


@dataclass(frozen=True)
class Settings:
    """The settings of one command."""

    here: Path
    """The folder in which the command was typed."""
    project: Path
    """The folder with dbt_project.yml, absolute."""
    landing: str
    """The landing root: an absolute folder, or an `s3://` URL."""
    landing_is_given: bool
    """Whether somebody named the landing root (`STEDI_LANDING`)."""
    database: Path
    """The DuckDB file (`STEDI_DUCKDB`)."""
    vault: Path
    """The vault on this machine (`STEDI_VAULT`)."""
    bucket: str
    """The bucket on AWS (`STEDI_BUCKET`); empty when not set."""
    workgroup: str
    """Athena's workgroup (`STEDI_WORKGROUP`)."""

    @property
    def default_landing(self) -> Path:
        """The landing folder of those who name none."""
        return self.project / DEFAULT_LANDING

    @property
    def landing_folder(self) -> Path | None:
        """The landing root, where it is a folder."""
        return None if "://" in self.landing else Path(self.landing)

    def shown(self, path: Path) -> str:
        """`path` as one would type it: relative to where one stands, if it is below."""
        path = self.here / path
        return str(path.relative_to(self.here)) if path.is_relative_to(self.here) else str(path)


def load_settings(project_dir: Path | None = None, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings in `environment`.

    `project_dir` is the project's folder; without it, the folder is looked for from the working directory upward.

    Raises:
        StediError: the project is not there, or a variable is not what a shell should have made of it.
    """
    here = Path.cwd()
    project = _check_project(project_dir) if project_dir else find_project(here)
    check_paths(project, environment)
    given = _given(environment)
    landing = given.get("STEDI_LANDING", DEFAULT_LANDING)
    return Settings(
        here=here,
        project=project,
        landing=landing if "://" in landing else str(project / landing),
        landing_is_given="STEDI_LANDING" in given,
        database=project / given.get("STEDI_DUCKDB", "data/stedi.duckdb"),
        vault=project / given.get("STEDI_VAULT", DEFAULT_VAULT),
        bucket=given.get("STEDI_BUCKET", ""),
        workgroup=given.get("STEDI_WORKGROUP", "stedi"),
    )


def check_paths(project: Path, environment: Mapping[str, str] = os.environ) -> None:
    """Refuse a path that would put vault or database into a folder of a strange name in the project, or among landing.

    And a bucket that is none.

    Raises:
        StediError: a variable begins with a `~`, or white space is around it, or it leads to where landing files lie;
            or STEDI_BUCKET is no bucket's name.
    """
    check_bucket(_given(environment).get("STEDI_BUCKET"))
    paths = {name: value for name, value in _given(environment).items() if name in PATHS}
    for name, value in paths.items():
        if value.startswith("~"):
            raise StediError(
                f"{name} is {value}, and no shell has put your home in the place of ~: write the path in full"
            )
        if value.strip() != value:
            raise StediError(f"{name} is {value!r}, with white space around it: write the path without")
    landing = paths.pop("STEDI_LANDING", DEFAULT_LANDING)
    for name, value in paths.items():
        if "://" not in landing and _is_landing_file(project / landing, project / value):
            raise StediError(
                f"{name} is {value}, which lies among the landing files of {landing}: set it to a place of its own"
            )


def check_bucket(value: str | None) -> None:
    """Refuse what is no bucket's name, before AWS does in many words.

    Raises:
        StediError: it is none; the text says what to write instead.
    """
    if value is None or BUCKET.fullmatch(value):
        return
    name = value.strip().removeprefix("s3://").split("/")[0]
    if BUCKET.fullmatch(name):
        raise StediError(f"STEDI_BUCKET is {value!r}: write the bucket's name alone, STEDI_BUCKET={name}")
    raise StediError(
        f"STEDI_BUCKET is {value!r}, which is no bucket's name: write 3 to 63 small letters, digits, dots and hyphens, "
        "as in STEDI_BUCKET=my-bucket"
    )


def _given(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if value.strip()}


def _is_landing_file(root: Path, path: Path) -> bool:
    """Whether a path leads to below `<entity>/landing` of a landing root."""
    root, path = root.resolve(), path.resolve()
    return path.is_relative_to(root) and path.relative_to(root).parts[1:2] == ("landing",)


def drop_empty(environment: MutableMapping[str, str] = os.environ) -> None:
    """Take the empty `STEDI_` variables out of `environment`: dbt would take them at their word."""
    for name in [name for name, value in environment.items() if name.startswith("STEDI_") and not value.strip()]:
        del environment[name]


def find_project(start: Path) -> Path:
    """The project's folder: `start`, or the nearest folder above it.

    Raises:
        StediError: none of them is the project.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if _is_project(folder):
            return folder
    raise StediError(
        f"{start} is not in the project's folder (dbt_project.yml, name: stedi): go there, or say --project-dir"
    )


def _check_project(folder: Path) -> Path:
    if not _is_project(folder):
        raise StediError(f"--project-dir {folder} has no dbt_project.yml with name: stedi")
    return folder.resolve()


def _is_project(folder: Path) -> bool:
    try:
        project = yaml.safe_load((folder / "dbt_project.yml").read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return False
    return isinstance(project, dict) and project.get("name") == "stedi"
