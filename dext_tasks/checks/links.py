"""Where symbolic links below a folder of an image lead, from the files that were looked at."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dext_tasks.formats.symlinks import follow
from dext_tasks.sources.facts import link_target
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.sources.facts import FileFact


def link_fault(path: str, root: str, facts: Mapping[str, FileFact]) -> str:
    """Why a link leads to nothing; empty if it does not, or that cannot be told.

    Args:
        path: What may be a link, absolute.
        root: A folder; what is outside it is not known.
        facts: Everything inside it, by absolute path.
    """
    end = follow(path, partial(link_target, facts))
    if not end:
        return "is a link that leads nowhere"
    is_inside = f"{end}/".startswith(f"{root.rstrip('/')}/")
    return f"is a link to {excerpt(end)}, which is not in the image" if is_inside and end not in facts else ""
