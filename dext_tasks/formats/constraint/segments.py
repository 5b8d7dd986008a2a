"""The text of a constraint, taken apart as Masterminds/semver v3 takes it apart.

The grammar is the one of https://github.com/Masterminds/semver/blob/v3.4.0/constraints.go, which is wider
than its README: any number of comparators between white space or commas, groups of them between ``||``, and
ranges with a hyphen that are rewritten before anything else is read.
"""

from __future__ import annotations

import re

from dext_tasks.errors import ConstraintError
from dext_tasks.formats.constraint.refusals import quoted

# RE2's \s and \d are ASCII, and its \s has no vertical tab: https://github.com/google/re2/wiki/Syntax
# RE2 never backtracks; possessive quantifiers, which change nothing here, keep Python's re from doing so.
_BLANK = r"[\t\n\f\r ]"
_IDS = r"[0-9A-Za-z-]++(?:\.[0-9A-Za-z-]++)*+"
# The bar is in upstream's class by mistake; what it lets in is refused when the number is read.
_PART = r"[0-9|xX*]++"
_VERSION = rf"v?+{_PART}(?:\.{_PART})?+(?:\.{_PART})?+(?:-{_IDS})?+(?:\+{_IDS})?+"

_BLANKS = re.compile(rf"{_BLANK}*+")
_SEPARATOR = re.compile(rf"{_BLANK}*+(?:,{_BLANK}*+)?+")
_COMPARATOR = re.compile(rf"(?P<operator>!=|>=|=>|<=|=<|~>|[=<>~^]|){_BLANK}*+(?P<version>{_VERSION})")
# The lookbehind has a run of blanks tried once, not once a blank.
_HYPHEN_RANGE = re.compile(
    rf"(?:(?<!{_BLANK}){_BLANK}++)?+(?P<low>{_VERSION}){_BLANK}++-{_BLANK}++(?P<high>{_VERSION}){_BLANK}*+"
)


def version_pattern(part: str = _PART) -> re.Pattern[str]:
    """A pattern whose groups are the parts of a version; what a part is made of is given."""
    return re.compile(
        rf"v?+(?P<major>{part})(?:\.(?P<minor>{part}))?+(?:\.(?P<patch>{part}))?+"
        rf"(?:-(?P<prerelease>{_IDS}))?+(?:\+{_IDS})?+"
    )


def segments(text: str) -> list[str]:
    """What stands between ``||``, once the ranges are rewritten: they may hold a ``||`` of their own."""
    return _with_ranges_rewritten(text).split("||")


def comparators(segment: str) -> list[tuple[str, str]]:
    """The operators of a segment, each with its version, as they are written.

    Raises:
        ConstraintError: The segment does not follow the grammar.
    """
    found = []
    at = _end(_BLANKS, segment, 0)
    while comparator := _COMPARATOR.match(segment, at):
        found.append((comparator["operator"], comparator["version"]))
        if _end(_BLANKS, segment, comparator.end()) == len(segment):
            return found
        at = _end(_SEPARATOR, segment, comparator.end())
        if at == comparator.end():
            break
    raise ConstraintError(f"improper constraint: {quoted(segment)}")


def _with_ranges_rewritten(text: str) -> str:
    # Upstream replaces each range where its text first stands, not where it was found.
    rewritten = text
    for found in _HYPHEN_RANGE.finditer(text):
        rewritten = rewritten.replace(found[0], f">= {found['low']}, <= {found['high']} ", 1)
    return rewritten


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
