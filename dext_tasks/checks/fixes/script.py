"""What to do about findings in host binaries that are files of the project."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from dext_tasks.checks.fixes.documents import answer
from dext_tasks.checks.fixes.edit import Edit, Fix, fixer
from dext_tasks.formats.dockerfile.copies import Copy
from dext_tasks.formats.dockerfile.pathglob import has_wildcard
from dext_tasks.formats.executable.binary import Flaw
from dext_tasks.regex import regex
from dext_tasks.sources.source import NotOfferedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TypeGuard

    from dext_tasks.checks.fixes.edit import EditedTree, Proposal
    from dext_tasks.checks.rule import Finding
    from dext_tasks.formats.dockerfile.copies import Change
    from dext_tasks.sources.origins import Origins

_ATTRIBUTES: Final = ".gitattributes"
# A script has no byte that is 0; what holds one is a program behind a script's first line.
_NO_TEXT: Final = b"\0"
_PLAIN = regex(r"[\w./+-]+")
_COPY = regex(rb"[ \t]*(?:COPY|ADD)[ \t]+(?=[^-\s\\])", re.IGNORECASE)
_WITH_CHMOD = regex(
    r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?::(?:latest|labs|1|1\.(?:[2-9]|[1-9]\d)(?:\.\d+)?)(?:-labs)?)?"
    r"(?:@sha256:[0-9a-f]{64})?"
)
_ENV = regex(rb"#![ \t]*\S*env[ \t]+(?=[^-\s])")


@fixer("binary-script-carriage-return")
def _carriage_return(finding: Finding, tree: EditedTree) -> Proposal:
    file = finding.place.file
    before = tree.read(file)
    if _NO_TEXT in before:
        return None
    what = "save the script with Unix line ends"
    found = answer(finding, what, before, before.replace(b"\r\n", b"\n"))
    held = _held(file, tree)
    if found is None or held is None:
        return found
    return Fix(found.code, f"{what}, and hold git to it in {_ATTRIBUTES}", (*found.edits, held))


def _held(file: str, tree: EditedTree) -> Edit | None:
    """The line that has git keep the line ends, where there is a file for it that does not say so of the script yet."""
    try:
        attributes = tree.read(_ATTRIBUTES)
    except NotOfferedError:
        return None
    pattern = f"*{PurePosixPath(file).suffix}" if PurePosixPath(file).suffix else f"/{file}"
    is_said = any(line.split()[:1] == [pattern.encode()] for line in attributes.splitlines())
    if is_said or not _PLAIN.fullmatch(pattern.removeprefix("*")):
        return None
    newline = b"\r\n" if b"\r\n" in attributes else b"\n"
    is_ended = not attributes or attributes.endswith(b"\n")
    line = f"{pattern} text eol=lf".encode() + newline
    return Edit(_ATTRIBUTES, len(attributes), len(attributes), line if is_ended else newline + line)


@fixer("binary-script-flawed")
def _flawed(finding: Finding, tree: EditedTree) -> Proposal:
    before = tree.read(finding.place.file)
    if finding.what.endswith(Flaw.BYTE_ORDER_MARK):
        return answer(finding, "remove the byte order mark", before, before.removeprefix(BOM_UTF8))
    found = _ENV.match(before)
    if finding.what.endswith(Flaw.ARGUMENTS_NOT_SPLIT) and found:
        after = before[: found.end()] + b"-S " + before[found.end() :]
        return answer(finding, "let env split the rest of its line: env -S", before, after)
    return None


@fixer("binary-not-executable")
def _not_executable(finding: Finding, tree: EditedTree) -> Proposal:
    """COPY sets the bits, as not every archive and file system keeps them; only where it copies nothing else."""
    views = tree.source.views
    file = (tree.project.root / finding.place.file).resolve()
    lines = {line for view in views for line in _copying(view.origins, file)}
    facet = tree.source.dockerfile
    if len(lines) != 1 or not _knows_chmod(facet.document.directives.get("syntax", "")):
        return None
    line = lines.pop()
    copied = {each.source for view in views for each in view.origins.history.changes if _is_at(each, line)}
    before = tree.read(facet.file)
    start = _line_start(before, line)
    found = _COPY.match(before, start)
    if len(copied) != 1 or found is None:
        return None
    edit = Edit(facet.file, found.end(), found.end(), b"--chmod=0755 ")
    return Fix(finding.rule.code, f"copy {finding.place.file} as an executable file", (edit,))


def _knows_chmod(syntax: str) -> bool:
    """Whether a version of the Dockerfile's syntax has ``COPY --chmod``, which came with 1.2.

    https://docs.docker.com/reference/dockerfile/#copy---chmod; where none is named, the builder has one by itself.
    """
    return not syntax or _WITH_CHMOD.fullmatch(syntax) is not None


def _copying(origins: Origins, file: Path) -> Iterator[int]:
    """The lines that copy a file of the build context by its name."""
    for change in origins.history.changes:
        if isinstance(change, Copy) and change.is_plain and not has_wildcard(change.source):
            found = origins.context.find(change.source)
            if found.is_sent and found.file.resolve() == file:
                yield change.line


def _is_at(change: Change, line: int) -> TypeGuard[Copy]:
    return isinstance(change, Copy) and change.line == line


def _line_start(content: bytes, line: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = content.find(b"\n", start) + 1
    return start
