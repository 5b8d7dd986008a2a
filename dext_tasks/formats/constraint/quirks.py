"""Constraints that Masterminds/semver v3 reads, and takes for something their authors hardly meant."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from dext_tasks.formats.constraint.masterminds import (
    WILDCARDS,
    MastermindsComparator,
    MastermindsConstraint,
    Precision,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.formats.constraint.model import Constraint


class Quirk(StrEnum):
    """Each with what really happens."""

    CARET_ANY = "^* allows 0.0.0 only"
    AT_MOST_ANY = "<=* allows 0.0.z only"
    NOT_ANY = "!=* refuses 0.0.0 only"
    GREATER_ANY = ">* refuses 0.0.0 only"
    LESS_ANY = "<* allows no release"
    TILDE_ZERO = "~0.0.0 allows every release"
    PARTS_IGNORED = "what follows the first wildcard is ignored, so 0.x.5 is 0.x"
    BUILD_IGNORED = "build metadata is ignored"


_OF_A_LONE_WILDCARD: Mapping[str, Quirk] = {
    "^": Quirk.CARET_ANY,
    "<=": Quirk.AT_MOST_ANY,
    "=<": Quirk.AT_MOST_ANY,
    "!=": Quirk.NOT_ANY,
    ">": Quirk.GREATER_ANY,
    "<": Quirk.LESS_ANY,
}


def quirks(constraint: Constraint) -> tuple[Quirk, ...]:
    """The quirks that the constraint trips over, in order of declaration; none under the other grammar."""
    if not isinstance(constraint, MastermindsConstraint):
        return ()
    found = {quirk for comparator in constraint.comparators for quirk in _quirks(comparator)}
    return tuple(quirk for quirk in Quirk if quirk in found)


def _quirks(comparator: MastermindsComparator) -> set[Quirk]:
    found = set()
    if comparator.precision is Precision.ANY and comparator.operator in _OF_A_LONE_WILDCARD:
        found.add(_OF_A_LONE_WILDCARD[comparator.operator])
    if _is_tilde_zero(comparator):
        found.add(Quirk.TILDE_ZERO)
    if _has_ignored_parts(comparator):
        found.add(Quirk.PARTS_IGNORED)
    if "+" in comparator.version:
        found.add(Quirk.BUILD_IGNORED)
    return found


def _is_tilde_zero(comparator: MastermindsComparator) -> bool:
    value = comparator.value
    is_zero = (value.major, value.minor, value.patch) == (0, 0, 0)
    return comparator.operator in ("~", "~>") and comparator.is_full and is_zero


def _has_ignored_parts(comparator: MastermindsComparator) -> bool:
    """Whether a number stands after a wildcard."""
    core = re.split("[+-]", comparator.version, maxsplit=1)[0]
    given = core.split(".")[comparator.precision + 1 :]
    return any(part not in WILDCARDS for part in given)
