"""Local Athena for a module of tests."""

import pytest
from querying import Athena

from athena_local.pytest_plugin import RunningAthena


@pytest.fixture(scope="module")
def athena(local_athena: RunningAthena) -> Athena:
    return Athena(local_athena)
