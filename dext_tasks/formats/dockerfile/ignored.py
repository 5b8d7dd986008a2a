"""What .dockerignore leaves out of a build context.

Follows https://github.com/moby/patternmatcher: ``ignorefile.ReadAll`` and ``MatchesUsingParentResults``.
"""

from __future__ import annotations

from itertools import islice
from posixpath import normpath
from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.formats.dockerfile.pathglob import PathGlob, PatternError
from dext_tasks.formats.dockerfile.shellwords import SPACES
from dext_tasks.regex import regex
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = ".dockerignore"
SUFFIX = ".dockerignore"
_BOM = b"\xef\xbb\xbf"
# What the walk of a folder may cost: so many patterns are compared with each of its files.
_MOST_PATTERNS = 2000
# Bytes that are not UTF-8, as in a file that PowerShell wrote as UTF-16, and control characters.
_NO_TEXT = "\ufffd"
_CONTROL = regex(r"[\x00-\x1f\x7f]")


class _Pattern(NamedTuple):
    """A line of the file.

    Attributes:
        glob: What it matches.
        is_exception: Whether what it matches is put back.
        line: From 1.
    """

    glob: PathGlob
    is_exception: bool
    line: int


class PatternFault(NamedTuple):
    """A pattern with which BuildKit refuses to read the context, or which it cannot match with anything.

    Attributes:
        what: In words.
        line: From 1.
    """

    what: str
    line: int


class Ignored:
    """The patterns of one file, able to say of a path whether they leave it out.

    Args:
        content: The file; empty where there is none.
    """

    def __init__(self, content: bytes = b"") -> None:
        self._patterns: list[_Pattern] = []
        self._results: dict[str, tuple[int, int]] = {"": (0, 0)}
        self.fault: PatternFault | None = None
        for line, pattern in islice(_lines(content), _MOST_PATTERNS):
            self._add(pattern, line)

    def _add(self, written: str, line: int) -> None:
        try:
            self._patterns.append(_compiled(written, line))
            _require_text(written)
        except PatternError as error:
            self.fault = self.fault or PatternFault(f"the pattern '{excerpt(written)}' is not valid: {error}", line)

    @property
    def has_exceptions(self) -> bool:
        """Whether a folder that is left out may hold something that is not."""
        return any(pattern.is_exception for pattern in self._patterns)

    def leaves_out(self, path: str) -> int:
        """The line of the pattern that leaves a path out; 0 if none does.

        Args:
            path: Relative to the context, with forward slashes, without ``.`` and ``..``.
        """
        if not self._patterns:
            return 0
        # What lies beside each other asks the same of the folders above.
        unknown: list[str] = []
        above = path
        while above not in self._results:
            unknown.append(above)
            # Not dirname(), which never gets above a slash.
            above = above.rpartition("/")[0]
        for each in reversed(unknown):
            self._results[each] = self._result(each, self._results[above][0])
            above = each
        return self._results[path][1]

    def _result(self, path: str, above: int) -> tuple[int, int]:
        """The patterns that match the path or a folder above it, one bit each, and the line that decides."""
        matched = line = 0
        for number, pattern in enumerate(self._patterns):
            bit = 1 << number
            # One that changes nothing at this point is not compared, and so counts for nothing below, either.
            if above & bit or (pattern.is_exception is bool(line) and pattern.glob.matches(path)):
                matched |= bit
                line = 0 if pattern.is_exception else pattern.line
        return matched, line


def _compiled(written: str, line: int) -> _Pattern:
    is_exception = written.startswith("!")
    pattern = written[is_exception:]
    if is_exception and pattern in {"", "/"}:
        raise PatternError("illegal exclusion pattern, for it puts nothing back")
    return _Pattern(PathGlob(pattern, is_deep=True), is_exception, line)


def _require_text(written: str) -> None:
    """Require that a pattern can be sent, and can be the name of a file.

    Raises:
        PatternError: It cannot. BuildKit sends patterns in a header, which has to be printable where it is ASCII:
            https://github.com/moby/buildkit/blob/master/session/filesync/filesync.go
    """
    if _NO_TEXT in written:
        raise PatternError("it is not UTF-8, and leaves nothing out")
    if found := _CONTROL.search(written):
        raise PatternError(f"it has the control character {ascii(found[0])[1:-1]}")


def _lines(content: bytes) -> Iterator[tuple[int, str]]:
    for number, raw in enumerate(content.removeprefix(_BOM).split(b"\n"), start=1):
        line = raw.decode(errors="replace")
        # Only at its very beginning does # make a comment.
        text = "" if line.startswith("#") else line.strip(SPACES)
        if text:
            is_exception = text.startswith("!")
            yield number, f"{'!' if is_exception else ''}{_clean(text[is_exception:].strip(SPACES))}"


def _clean(pattern: str) -> str:
    # What is cleaned is a path: "./ui/" is "ui", and "/ui" too.
    cleaned = normpath(pattern).replace("//", "/") if pattern else ""
    return cleaned[1:] if len(cleaned) > 1 and cleaned.startswith("/") else cleaned
