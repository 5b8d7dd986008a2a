"""What a fix is: edits of files as they are, one right answer or several to choose from, and who proposes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dext_tasks.checks.rule import Finding
    from dext_tasks.project import Project
    from dext_tasks.sources.tree import TreeSource


class Edit(NamedTuple):
    """Bytes that take the place of others.

    Attributes:
        file: Path of a file that is there, from the project's root, with ``/``.
        start: Offset of the first byte that goes, in the file as it is.
        end: Offset behind the last one; the same as ``start`` where nothing goes.
        new: What takes their place, with the line ends of the file.
    """

    file: str
    start: int
    end: int
    new: bytes


class Mode(NamedTuple):
    """Whoever may read a file may run it, too.

    Attributes:
        file: Path of a file that is there, from the project's root, with ``/``.
    """

    file: str


@dataclass(frozen=True)
class Fix:
    """One right answer to a finding.

    Attributes:
        code: Of the rule.
        what: What is done and why it is right, in one line, such as from where a value was taken.
        edits: Of one file or more; those of one file do not overlap.
    """

    code: str
    what: str
    edits: tuple[Edit | Mode, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """The files that it changes."""
        return tuple(dict.fromkeys(edit.file for edit in self.edits))


@dataclass(frozen=True)
class Choice:
    """Several right answers to a finding, between which only a person can decide.

    Attributes:
        code: Of the rule.
        question: What to decide, in one line that ends with a question mark.
        options: One or more, each with the words that it is chosen by; to leave the finding is always another.
    """

    code: str
    question: str
    options: tuple[tuple[str, Fix], ...]


class EditedTree(Protocol):
    """What a fixer may look at: the project as earlier fixes leave it."""

    @property
    def project(self) -> Project:
        """The project, at its present state."""

    @property
    def source(self) -> TreeSource:
        """The same as rules see it: Dockerfile, labels with their places, metadata, compose file."""

    def read(self, file: str) -> bytes:
        """The whole content of a file of the project.

        Args:
            file: Path from the project's root, with ``/``.

        Raises:
            NotOfferedError: There is none, it is larger than a text may be, or a link leads out of the project.
        """


Proposal = Fix | Choice | None
"""None where nothing is certain; the finding is left to its author then."""


class Fixer(NamedTuple):
    """Who knows what to do about findings of some rules.

    Attributes:
        codes: Of these rules.
        propose: What to do about one finding. Where it raises NotOfferedError, nothing is.
        reveals: Patterns of codes whose findings nobody could see before, such as those on a text that was no JSON.
    """

    codes: tuple[str, ...]
    propose: Callable[[Finding, EditedTree], Proposal]
    reveals: tuple[str, ...] = ()


def fixer(*codes: str, reveals: tuple[str, ...] = ()) -> Callable[[Callable[[Finding, EditedTree], Proposal]], Fixer]:
    """Declare who fixes findings of these rules, in place of the function that proposes how; see Fixer."""

    def declare(propose: Callable[[Finding, EditedTree], Proposal]) -> Fixer:
        return Fixer(codes, propose, reveals)

    return declare


def edited(content: bytes, edits: Iterable[Edit]) -> bytes:
    """A file's content after edits, whose offsets are all of the content as it is.

    Raises:
        ValueError: Two of them overlap, or one is outside of the content.
    """
    parts: list[bytes] = []
    done = 0
    # Those at one place stay in their order.
    for edit in sorted(edits, key=lambda each: (each.start, each.end)):
        if not done <= edit.start <= edit.end <= len(content):
            raise ValueError(f"an edit of {edit.file} from {edit.start} to {edit.end} overlaps another or the end")
        parts += [content[done : edit.start], edit.new]
        done = edit.end
    return b"".join([*parts, content[done:]])
