"""The steps of a release: a module for each, and their order.

Every plan has all of them, and a finished release runs none: what a step needs to run is loaded when it runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dext_tasks.release.steps.build import Build
from dext_tasks.release.steps.check import Check
from dext_tasks.release.steps.claim import TakeClaim
from dext_tasks.release.steps.git_push import GitPush
from dext_tasks.release.steps.git_tag import GitTag
from dext_tasks.release.steps.index import PublishIndex
from dext_tasks.release.steps.latest import MoveLatest
from dext_tasks.release.steps.push import Push
from dext_tasks.release.steps.sign import Sign
from dext_tasks.release.steps.smoke import Smoke
from dext_tasks.release.steps.verify import Verify

if TYPE_CHECKING:
    from dext_tasks.release.steps.step import ReleaseStep

STEPS: Final[tuple[ReleaseStep, ...]] = (
    Build(),
    Check(),
    Smoke(),
    Push(),
    TakeClaim(),
    PublishIndex(),
    Verify(),
    Sign(),
    GitTag(),
    GitPush(),
    MoveLatest(),
)
"""In the order of a release."""
PREPARING: Final = tuple(each for each in STEPS if isinstance(each, Build | Check | Smoke | Push))
"""Those that are done for each platform by itself, and up to which a part of a release goes."""
