"""Fixtures shared by the tests of the lakehouse."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from lakehouse import Lakehouse
from playwright.sync_api import Browser, sync_playwright

pytest_plugins = ["athena_local.pytest_plugin"]

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("stedi", deadline=None)
hypothesis.settings.load_profile("stedi")


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
    shutil.copy(folder / "target" / "run_results.json", folder)  # every dbt command writes its own
    return lakehouse


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, where this machine has one."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.skip("no chromium is installed: pages are not looked at in a browser (apt-get install chromium)")
    with sync_playwright() as playwright:
        # Root has no sandbox.
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        yield browser
        browser.close()
