"""What all tests share: the data pack, built once, and how hypothesis looks for counterexamples."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from abm.tables import load_pack
from abm.worldfile import load_world_file

# The same examples on every machine and day, so that a red test is a change of the code; HYPOTHESIS_PROFILE=explore
# looks elsewhere each time.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture(scope="session")
def pack():
    """The data pack of the project."""
    return load_pack()


@pytest.fixture(scope="session")
def world_file():
    """The default world file."""
    return load_world_file()
