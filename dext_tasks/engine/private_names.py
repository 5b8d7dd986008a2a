"""Names that a run gives to images for itself, so that no other run, clone, user or machine moves them.

A label would be published with the image, so the name itself says whose it is. The lease of its run says whether that
still lives; of a run on another machine, nobody here can tell, so it is taken to live for a day.
"""

from __future__ import annotations

import re
import time
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from dext_tasks.engine.sweep import LONGEST_RUN
from dext_tasks.errors import DextError
from dext_tasks.runtime.lease import is_free, this_machine
from dext_tasks.runtime.parallel import for_each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dext_tasks.engine.client import Client
    from dext_tasks.engine.engine import Engine
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.runtime.cancellation import Cancellation

_DIGITS: Final = 12
_TAG: Final = re.compile(r".+-run-(?P<machine>[0-9a-f]{12})-(?P<run>[0-9a-f]{8})-(?P<begun>[0-9]{1,12})")


def private_name(client: Client, repository: str, platform: Platform) -> str:
    """A name in a local repository that is of one run alone.

    Args:
        client: Of the run.
        repository: Local repository of a project's builds.
        platform: Of the image.
    """
    return f"{repository}:{platform.slug}-run-{_machine()}-{client.run_id}-{int(time.time())}"


def is_private(tag: str) -> bool:
    """Whether a tag is of one run alone."""
    return _TAG.fullmatch(tag) is not None


def is_of_dead_run(tag: str) -> bool:
    """Whether a tag is of a run that has ended."""
    found = _TAG.fullmatch(tag)
    if found is None:
        return False
    if found["machine"] == _machine():
        return is_free(found["run"])
    return int(found["begun"]) < time.time() - LONGEST_RUN


def _machine() -> str:
    return sha256(this_machine().encode()).hexdigest()[:_DIGITS]


def names_left(engine: Engine, repository: str, image: str, is_passing: Callable[[str], bool]) -> list[str]:
    """The names that dead runs have left.

    Args:
        engine: That has them.
        repository: Local repository of a project's builds.
        image: Where they are published, without tag.
        is_passing: Whether a tag there is given for a moment only, as by a push. It stays while a run that lives has a
            private name of the same image.
    """
    # Only these: an engine measures every image that it lists.
    listed = engine.listed((repository, image))
    ours = [each for each in listed if each.repository == repository and is_private(each.tag)]
    dead = [each for each in ours if is_of_dead_run(each.tag)]
    held = {each.image for each in ours if each not in dead}
    passing = [each for each in listed if each.repository == image and is_passing(each.tag) and each.image not in held]
    return [each.reference for each in (*passing, *dead)]


def drop_names(engine: Engine, names: Iterable[str]) -> None:
    """Take names away, and an image with its last one.

    What somebody else has taken away is gone, too, and what cannot go now is swept later.
    """
    for name in names:
        with suppress(DextError):
            engine.untag(name)


def drop_where_answered(names: Mapping[Engine, Sequence[str]], cancellation: Cancellation) -> None:
    """Take names away from the engines that answer, also where the run is to end or ends meanwhile.

    The next run takes away what one that has vanished keeps.

    Args:
        names: By the engine that has them.
        cancellation: Of the run.

    Raises:
        InterruptedError: The run was interrupted meanwhile; the names are gone nevertheless.
    """

    def drop(engine: Engine) -> None:
        with engine.client.cancellation.shielded():
            if engine.responds():
                drop_names(engine, names[engine])

    # In threads, which Ctrl-C does not break off.
    for_each([engine for engine, each in names.items() if each], drop, cancellation)
