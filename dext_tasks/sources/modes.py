"""Which file of a source tree an image has with the permission bits that it has in the tree."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dext_tasks.sources.source import NotOfferedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dext_tasks.sources.facts import Sourced

# By a flag of COPY, or by a command.
_SETTING = b"chmod"


def keeper_of(dockerfile: bytes, found: Sequence[Sourced]) -> Path | None:
    """The file that is copied as it is; None where the Dockerfile sets permission bits itself.

    Args:
        dockerfile: The text of the Dockerfile.
        found: Where a path of the image comes from.

    Raises:
        NotOfferedError: It is no file of the tree, or it differs by platform.
    """
    if sys.platform == "win32":
        # https://github.com/tonistiigi/fsutil/blob/master/stat_windows.go
        raise NotOfferedError("Windows has no permission bits, and sends each file as an executable one")
    origin = found[0].origin
    if len(found) > 1 or origin.file is None or origin.doubt or origin.blur:
        raise NotOfferedError(origin.doubt or origin.blur or "it is not one file of the source tree")
    return None if _SETTING in dockerfile else origin.file
