"""The constraint of an extension's API version, as the libraries read it and as Docker takes it."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from dext_tasks.extension.constraint import ConstraintError, parse
from dext_tasks.extension.constraint.verdict import GRAMMARS
from dext_tasks.extension.excerpt import excerpt
from dext_tasks.extension.labels import API_VERSION

if TYPE_CHECKING:
    from dext_tasks.extension.constraint import Constraint

# What of Docker's validator the rules on it mirror: https://github.com/docker/extensions-submissions/issues/40
DOCKER = f'image label "{API_VERSION}" is incompatible with current SDK version'


def docker_says(text: str, api: str) -> str:
    """What Docker's validator says of a constraint that refuses the version of its API."""
    return (
        f'(required) image label "{API_VERSION}" ("{excerpt(text)}") is incompatible with current SDK version "{api}". '
        f'Consider changing it to ">={api}"'
    )


def is_bare(text: str) -> bool:
    """Whether only single versions are named: refused by the libraries, and let through by Docker all the same.

    One passed where the API was newer: https://github.com/docker/extensions-submissions/issues/140.
    """
    found = readers(text)
    return bool(found) and all(each.is_bare for each in found)


@lru_cache(maxsize=256)
def readers(text: str) -> tuple[Constraint, ...]:
    """What each of the grammars that reads a constraint makes of it."""
    found: list[Constraint] = []
    for grammar in GRAMMARS:
        with suppress(ConstraintError):
            found.append(parse(text, grammar))
    return tuple(found)
