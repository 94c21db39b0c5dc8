"""Fixtures shared by the tests of the lakehouse."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from lakehouse import Lakehouse

pytest_plugins = ["athena_local.pytest_plugin"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together, where tests run side by side, those that share a lakehouse, and all that share Local Athena."""
    for item in items:
        shared = "athena" if "local_athena" in getattr(item, "fixturenames", ()) else item.path.stem
        item.add_marker(pytest.mark.xdist_group(shared))


@pytest.fixture(scope="session")
def real_landing() -> Path:
    """The public starter data, where this machine has it."""
    folder = os.environ.get("STEDI_REAL_LANDING")
    if not folder:
        pytest.skip("STEDI_REAL_LANDING is not set: tests on real landing data are left out")
    return Path(folder).resolve()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Lakehouse:
    """A lakehouse on generated data, built once; tests only read it."""
    from stedi.generate import generate_landing

    folder = tmp_path_factory.mktemp("built")
    generate_landing(folder / "landing", seed=7)
    lakehouse = Lakehouse(folder, str(folder / "landing"))
    lakehouse.build()
    return lakehouse
