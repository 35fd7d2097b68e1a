"""Ten times `kill -9` at random moments: nothing of ours lives on, and the resumed content is that of a serial run."""

from __future__ import annotations

import pytest
from killing import campaign


@pytest.mark.slow
def test_killed_sweeps_are_resumed_to_the_same_content(tmp_path):
    assert sum(campaign(tmp_path, 10, seed=3).values()) == 10
