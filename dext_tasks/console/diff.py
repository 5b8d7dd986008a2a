"""The difference between two states of files, as git shows it."""

from __future__ import annotations

import difflib
import itertools
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dext_tasks.checks.fixing import Change

_NO_END: Final = "\\ No newline at end of file"
# Of a long line, how much is shown before what differs.
_BEFORE: Final = 20
_STYLES: Final = {"-": "red", "+": "green", "@": "cyan"}


class DiffLine(NamedTuple):
    """A line of a diff.

    Attributes:
        text: The line.
        style: Its colour.
    """

    text: str
    style: str = ""


def diff_lines(changes: Iterable[Change], width: int = 0) -> Iterator[DiffLine]:
    """A unified diff.

    Args:
        changes: Of each file.
        width: Of the longest line; a longer one is cut around what differs. 0 for no limit.
    """
    for change in changes:
        yield DiffLine(f"diff --git a/{change.file} b/{change.file}", "dim")
        if change.runs:
            yield from (DiffLine("old mode 100644", "dim"), DiffLine("new mode 100755", "dim"))
        head, body = _unified(change)
        yield from (DiffLine(line, "dim") for line in head)
        yield from (DiffLine(line, _STYLES.get(line[:1], "")) for line in _fitted(body, width))


def _unified(change: Change) -> tuple[list[str], list[str]]:
    """The names, and the hunks."""
    # Else lines that only end in another way would look the same.
    ends = change.before.count(b"\r\n") != change.after.count(b"\r\n")
    before, after = _lines(change.before, shows_ends=ends), _lines(change.after, shows_ends=ends)
    found: list[str] = []
    for line in difflib.unified_diff(before, after, f"a/{change.file}", f"b/{change.file}"):
        found += [line.removesuffix("\n"), *([] if line.endswith("\n") else [_NO_END])]
    return found[:2], found[2:]


def _lines(content: bytes, *, shows_ends: bool) -> list[str]:
    text = content.decode("utf-8", "backslashreplace").replace("\r\n", "^M\n" if shows_ends else "\n")
    # Only a line feed ends a line; str.splitlines knows ten more.
    *whole, last = text.split("\n")
    return [*(f"{line}\n" for line in whole), *([last] if last else [])]


def _fitted(lines: Sequence[str], width: int) -> Iterator[str]:
    if not width:
        yield from lines
        return
    start = 0
    while start < len(lines):
        removed = _run(lines, start, "-")
        added = _run(lines, start + len(removed), "+")
        if not removed and not added:
            yield _cut(lines[start], 0, width)
            start += 1
            continue
        starts = [_differs(one, other) for one, other in zip(removed, added, strict=False)]
        for each in (removed, added):
            rest = [0] * (len(each) - len(starts))
            yield from (_cut(line, at, width) for line, at in zip(each, [*starts, *rest], strict=False))
        start += len(removed) + len(added)


def _run(lines: Sequence[str], start: int, mark: str) -> list[str]:
    found: list[str] = []
    while start < len(lines) and (lines[start].startswith(mark) or (found and lines[start] == _NO_END)):
        found.append(lines[start])
        start += 1
    return found


def _differs(one: str, other: str) -> int:
    """Where two lines begin to differ, their marks left aside."""
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one[1:], other[1:], strict=False))
    return sum(1 for _ in same) + 1


def _cut(line: str, differs: int, width: int) -> str:
    if len(line) <= width:
        return line
    begin = 1 if differs <= width // 2 else differs - _BEFORE
    shown = f"{line[0]}{'' if begin == 1 else '…'}{line[begin:]}"
    return shown if len(shown) <= width else f"{shown[: width - 1]}…"
