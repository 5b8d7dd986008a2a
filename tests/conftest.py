"""What unit and engine tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A machine that is busy with builds is slow, and that fails no test. In CI the examples are the same in each run,
# so that a change is judged by what it changed; everywhere else they are new each time.
settings.register_profile("dext", deadline=None, print_blob=True, derandomize="CI" in os.environ)
# For all but one of the Pythons that scripts/test finds: what differs between them shows in few examples.
settings.register_profile("few", settings.get_profile("dext"), max_examples=20)
settings.load_profile("dext")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of this repository, wherever the tests are started from."""
    return Path(__file__).resolve().parent.parent
