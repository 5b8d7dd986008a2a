"""What changes the files of a stage's image: its COPY, ADD, WORKDIR and RUN instructions.

Semantics: https://docs.docker.com/reference/dockerfile/#copy and ``dispatchCopy`` in
https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/convert_copy.go
"""

from __future__ import annotations

from posixpath import basename, join, normpath
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from dext_tasks.formats.dockerfile import arguments
from dext_tasks.formats.dockerfile.bases import base_of
from dext_tasks.formats.dockerfile.runs import EVERYTHING, Reach, reach_of
from dext_tasks.formats.dockerfile.stages import Written
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dext_tasks.formats.dockerfile.bases import Base
    from dext_tasks.formats.dockerfile.stages import Stage, StageStep
    from dext_tasks.formats.dockerfile.substitution import Expansion

# As in dispatchCopy.
_UNNAMED = "__unnamed__"
_ADDRESS = regex(r"https?://")
# PATH_MAX: https://github.com/torvalds/linux/blob/master/include/uapi/linux/limits.h
_LONGEST_PATH = 4095
_REPOSITORY = regex(r"^(?:git@|git://|ssh://)|^https?://[^#]*\.git(?:[?#]|$)")
# Which machine builds is not known.
_OF_BUILDER = regex(r"\$\{?BUILD(?:PLATFORM|OS|ARCH|VARIANT)\b")
# Flags by which less is copied, or to other places.
_UNFOLLOWED_FLAGS = ("--parents", "--exclude", "--unpack")
_SHELLS = frozenset({"sh", "ash", "bash", "dash"})


class Folder(NamedTuple):
    """A folder that a WORKDIR makes."""

    path: str


class Unknown(NamedTuple):
    """A change that cannot be followed.

    Attributes:
        reach: Which paths it may make, change or remove.
        what: What is not known, as the reason why something is not certain.
    """

    reach: Reach
    what: str


class Copy(NamedTuple):
    """One source of a COPY or ADD; several of them are copied one after another.

    Attributes:
        source: A path in the build context or in another stage's image, relative to its root; the name of a file
            that is written or downloaded.
        destination: Absolute path in the image, without a slash at its end.
        is_folder: Whether the destination is written as a folder; one that is there already is one, too.
        line: 1-based number of the instruction's line.
        origin: The stage or image it is copied from; empty for the build context.
        is_linked: Whether what is at the destination already plays no part.
        unpacks: Whether a local archive is unpacked.
        written: What a heredoc makes; None for anything else.
        is_fetched: Whether it is downloaded.
        doubt: Why it cannot be followed; empty if it can.
    """

    source: str
    destination: str
    is_folder: bool
    line: int
    origin: str = ""
    is_linked: bool = False
    unpacks: bool = False
    written: Written | None = None
    is_fetched: bool = False
    doubt: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether it is what lies in the build context under the name of the source."""
        return self.written is None and not (self.origin or self.is_fetched or self.doubt)


Change = Folder | Unknown | Copy


class History(NamedTuple):
    """What makes the files of a stage's image.

    Attributes:
        base: What it begins with.
        changes: In order.
        folder: The working folder at its end; None if that is not known.
        inherited: How many of the changes are those of the stage it is built on.
    """

    base: Base
    changes: tuple[Change, ...]
    folder: str | None
    inherited: int = 0


def history_of(chain: Sequence[Stage]) -> History:
    """What makes the files of the last of a chain of stages.

    Args:
        chain: Each is built on the one before, the first of them on an image.
    """
    reader = _CopyReader(base_of(chain[0]))
    changes: list[Change] = []
    inherited = 0
    for stage in chain:
        inherited = len(changes)
        changes += [change for step in stage.steps for change in reader.changes(step)]
    return History(reader.base, tuple(changes), reader.folder, inherited)


def relative(path: str) -> str:
    """A source as a path below the root of what is copied from, which it cannot leave."""
    return normpath(f"/{path}").strip("/")


class _CopyReader:
    """Reads one step after another."""

    def __init__(self, base: Base) -> None:
        self.base = base
        self.folder = base.folder
        self._is_usual_shell = True

    def changes(self, step: StageStep) -> Iterator[Change]:
        """What a step changes."""
        match step.instruction.keyword:
            case "WORKDIR":
                yield from self._workdir(step)
            case "SHELL":
                words = arguments.command_of(step.instruction)
                self._is_usual_shell = words is not None and basename(words[0]) in _SHELLS
            case "RUN":
                reach = reach_of(step, self.folder, is_usual_shell=self._is_usual_shell)
                if reach != Reach():
                    what = f"what RUN in line {step.instruction.line} does to it is not known before the build"
                    yield Unknown(reach, what)
            case "COPY" | "ADD":
                yield from self._copies(step)

    def _workdir(self, step: StageStep) -> Iterator[Change]:
        (folder,) = step.words
        if _unresolved(step.instruction.text, folder) or (self.folder is None and not folder.text.startswith("/")):
            self.folder = None
            return
        path = _absolute(join(self.folder or "/", folder.text.strip()))
        if len(path) > _LONGEST_PATH:
            # No kernel can make it, and each of them is kept.
            self.folder = None
            return
        self.folder = path
        yield Folder(path)

    def _copies(self, step: StageStep) -> Iterator[Change]:
        *sources, destination = zip(arguments.expandable(step.instruction), step.words, strict=True)
        doubt = self._doubt_of_place(step, *destination)
        if doubt:
            yield Unknown(EVERYTHING, doubt)
            return
        target = destination[1].text
        for raw, source in sources:
            yield self._copy(step, source, target, _doubt_of_source(step, raw, source, target))
        for written in step.written:
            yield self._copy(step, written, target, _doubt_of_flags(step, target))

    def _doubt_of_place(self, step: StageStep, raw: str, destination: Expansion) -> str:
        line = step.instruction.line
        if names := _unresolved(raw, destination):
            return f"where line {line} copies to depends on {names}"
        if self.folder is None and not destination.text.startswith("/"):
            return f"the folder that line {line} copies to depends on {self.base.name}"
        return ""

    def _copy(self, step: StageStep, source: Expansion | Written, target: str, doubt: str) -> Copy:
        instruction = step.instruction
        is_add = instruction.keyword == "ADD"
        written = source if isinstance(source, Written) else None
        name = source.name if isinstance(source, Written) else source.text
        is_fetched = is_add and written is None and bool(_ADDRESS.match(name)) and not _REPOSITORY.match(name)
        return Copy(
            source=_file_name(name) if is_fetched else name if written else relative(name),
            destination=_absolute(join(self.folder or "/", target)),
            is_folder=target in {".", ""} or target.endswith("/") or _is_absolute_dot(target),
            line=instruction.line,
            origin="" if is_add else instruction.flag("from"),
            is_linked=any(flag.partition("=")[0] == "--link" for flag in instruction.flags),
            unpacks=is_add,
            written=written,
            is_fetched=is_fetched,
            doubt=doubt,
        )


def _is_absolute_dot(target: str) -> bool:
    return target.startswith("/") and target.endswith("/.")


def _file_name(address: str) -> str:
    """What a file that ADD downloads is called."""
    try:
        return basename(urlsplit(address).path) or _UNNAMED
    except ValueError:
        return _UNNAMED


def _doubt_of_flags(step: StageStep, target: str) -> str:
    line = step.instruction.line
    if target.endswith("/.") and not _is_absolute_dot(target):
        # BuildKit 0.13 takes it for a file where nothing is there yet, others do not.
        return f"whether {target} in line {line} is a folder depends on the version of BuildKit"
    for flag in step.instruction.flags:
        if flag.startswith(_UNFOLLOWED_FLAGS) or (flag.startswith("--from=") and "$" in flag):
            return f"what {flag.partition('=')[0]} in line {line} comes to is not known before the build"
    return ""


def _doubt_of_source(step: StageStep, raw: str, source: Expansion, target: str) -> str:
    line = step.instruction.line
    if doubt := _doubt_of_flags(step, target):
        return doubt
    if names := _unresolved(raw, source):
        return f"what line {line} copies depends on {names}"
    return f"line {line} copies from a git repository" if _REPOSITORY.match(source.text) else ""


def _unresolved(raw: str, word: Expansion) -> str:
    """What a word depends on that is not known here, in words; empty if there is nothing.

    Args:
        raw: The word as it is written.
        word: The same with variables replaced.
    """
    if word.unresolved:
        return " and ".join(f"${name}" for name in word.unresolved)
    return "the machine that builds" if _OF_BUILDER.search(raw) else ""


def _absolute(path: str) -> str:
    return normpath(f"/{path}").replace("//", "/")
