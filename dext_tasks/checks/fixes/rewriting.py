"""From a file before and after to the edit that makes one of the other."""

from __future__ import annotations

from dext_tasks.checks.fixes.edit import Edit, Fix


def rewrite(file: str, before: bytes, after: bytes) -> Edit:
    """The smallest edit of one range that makes of a file's content another.

    Args:
        file: Path from the project's root.
        before: Its content.
        after: What it is to be.
    """
    most = min(len(before), len(after))
    start = _alike(before, after, most)
    same_end = _alike(before[start:][::-1], after[start:][::-1], most - start)
    return Edit(file, start, len(before) - same_end, after[start : len(after) - same_end])


def rewritten(code: str, what: str, file: str, contents: tuple[bytes, bytes]) -> Fix | None:
    """The fix that makes of a file's content another; None if it is that already.

    Args:
        code: Of the rule.
        what: What is done and why.
        file: Path from the project's root.
        contents: Before and after.
    """
    before, after = contents
    return Fix(code, what, (rewrite(file, before, after),)) if before != after else None


def _alike(one: bytes, other: bytes, most: int) -> int:
    """How many bytes both begin with alike; halving is many times faster than looking at each."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
