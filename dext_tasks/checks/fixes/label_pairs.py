"""The labels of a Dockerfile as they are written, and edits of single ones that leave the rest as it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.checks.fixes.edit import Edit
from dext_tasks.checks.fixes.text import TextLines
from dext_tasks.regex import regex
from dext_tasks.sources.source import NotOfferedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.checks.fixes.edit import EditedTree
    from dext_tasks.formats.dockerfile.document import Dockerfile
    from dext_tasks.formats.dockerfile.instructions import Instruction
    from dext_tasks.formats.dockerfile.pairs import Pair
    from dext_tasks.formats.dockerfile.stages import Label, Stage

# What a word can have without quotes, whatever the escape character is.
_BARE = regex(r"[\w.,:/@%+~<>=^-]+")
_SPACES = " \t"


class WrittenLabel(NamedTuple):
    """A label where it is written.

    Attributes:
        label: What it says.
        pair: As it is written.
        instruction: The LABEL.
        place: Which of its pairs it is, from 0.
    """

    label: Label
    pair: Pair
    instruction: Instruction
    place: int

    @property
    def value(self) -> str:
        """Its value as it is written, with quotes and escapes."""
        return self.pair.value or ""

    @property
    def is_plain(self) -> bool:
        """Whether nothing in it is replaced by what is set elsewhere."""
        return "$" not in self.value and "$" not in self.pair.key

    @property
    def is_old(self) -> bool:
        """Whether it is in the old form, ``LABEL key value``, whose value needs no quotes."""
        at = self.pair.offset + len(self.pair.key)
        return self.instruction.text[at : at + 1] != "="

    @property
    def value_offset(self) -> int:
        """Where its value begins in the arguments of the LABEL."""
        behind = self.pair.offset + len(self.pair.key)
        return self.instruction.text.index(self.value, behind) if self.is_old else behind + 1

    @property
    def end(self) -> int:
        """Where it ends there."""
        return self.value_offset + len(self.value)


@dataclass(frozen=True)
class DockerfileText:
    """The Dockerfile of a tree, to be edited.

    Attributes:
        file: Its path.
        document: What it says.
        target: Name of the stage that becomes the image; empty for the last one.
        content: Its bytes.
    """

    file: str
    document: Dockerfile
    target: str
    content: bytes

    @classmethod
    def of(cls, tree: EditedTree) -> DockerfileText:
        """That of a tree.

        Raises:
            NotOfferedError: It cannot be read, or BuildKit refuses it.
        """
        facet = tree.source.dockerfile
        return cls(facet.file, facet.document, facet.target, tree.read(facet.file))

    @cached_property
    def lines(self) -> TextLines:
        """Its lines."""
        return TextLines(self.content)

    @property
    def stage(self) -> Stage:
        """The stage that becomes the image."""
        return self.document.target(self.target or None)

    def labels_of(self, stage: Stage) -> tuple[WrittenLabel, ...]:
        """The labels that a stage's own instructions set, in order; none if it is not known to the end."""
        found = [
            (pair, instruction, index)
            for instruction in stage.instructions
            if instruction.keyword == "LABEL"
            for index, pair in enumerate(instruction.pairs)
        ]
        if stage.fault or not found:
            return ()
        # Those of what is triggered by the base come first, and are written elsewhere.
        labels = stage.labels[-len(found) :]
        return tuple(WrittenLabel(label, *rest) for label, rest in zip(labels, found, strict=True))

    @cached_property
    def labels(self) -> tuple[WrittenLabel, ...]:
        """Those of all stages."""
        return tuple(each for stage in self.document.stages for each in self.labels_of(stage))

    def effective(self, key: str) -> WrittenLabel:
        """Where the image gets a label from.

        Raises:
            NotOfferedError: It is nowhere, or not written where it can be changed.
        """
        label = self.document.effective(self.target or None).get(key)
        found = next((each for each in self.labels if each.label is label), None)
        if found is None:
            raise NotOfferedError(f"label {key} is not written as one")
        return found

    def at(self, instruction: Instruction, offset: int) -> int:
        """Where a character of an instruction's arguments is in the file."""
        return self.lines.offset(instruction.position_at(offset))

    def end_at(self, instruction: Instruction, offset: int) -> int:
        """Where in the file what ends at an offset ends: behind its last character, not before the next one."""
        line, column = instruction.position_at(offset - 1)
        return self.lines.offset(type(instruction.position_at(0))(line, column + 1))

    def replaced(self, instruction: Instruction, start: int, end: int, new: str) -> Edit:
        """Other text for what lies between two offsets of an instruction's arguments."""
        if start == end:
            at = self.end_at(instruction, start)
            return Edit(self.file, at, at, new.encode())
        return Edit(self.file, self.at(instruction, start), self.end_at(instruction, end), new.encode())

    def without(self, instruction: Instruction, start: int, end: int) -> Iterator[Edit]:
        """Edits that take characters away, and nothing of what continues lines between them."""
        for offset in range(start, end):
            at = self.at(instruction, offset)
            yield Edit(self.file, at, at + len(instruction.text[offset].encode()), b"")

    def with_value(self, written: WrittenLabel, value: str) -> Edit:
        """Another value for a label, quoted as the one it has.

        Raises:
            NotOfferedError: It cannot be written so.
        """
        text = quoted(value, written)
        return self.replaced(written.instruction, written.value_offset, written.end, text)

    def with_key(self, written: WrittenLabel, key: str) -> Edit:
        """Another key for a label, quoted as the one it has."""
        start = written.pair.offset
        before = written.pair.key
        quote = before[:1] if before[:1] in {'"', "'"} and before[-1:] == before[:1] else ""
        return self.replaced(written.instruction, start, start + len(before), f"{quote}{key}{quote}")

    def raw(self, written: WrittenLabel) -> bytes:
        """A label as it is written, over however many lines."""
        start = self.at(written.instruction, written.pair.offset)
        return self.content[start : self.end_at(written.instruction, written.end)]

    def whole(self, instruction: Instruction) -> tuple[int, int]:
        """Where an instruction's lines begin and end in the file."""
        return self.lines.start(instruction.line), self.lines.end(instruction.end_line)

    def without_label(self, written: WrittenLabel) -> Edit:
        """What takes a label away, and its line where it has one of its own.

        Raises:
            NotOfferedError: A comment would go, too.
        """
        instruction = written.instruction
        siblings = [each for each in self.labels if each.instruction is instruction]
        if len(siblings) == 1:
            self._require_uncommented(instruction.line, instruction.end_line)
            return Edit(self.file, *self.whole(instruction), b"")
        before = siblings[written.place - 1] if written.place else None
        after = next(iter(siblings[written.place + 1 :]), None)
        first, last = self._first(written), self._last(written)
        self._require_uncommented(first, last)
        start = self.at(instruction, written.pair.offset)
        end = self.end_at(instruction, written.end)
        if after and self._first(after) > last and self._is_alone(first, start):
            return Edit(self.file, self.lines.start(first), self.lines.end(last), b"")
        if before and (after is None or self._last(before) == first):
            self._require_uncommented(self._last(before), first)
            return Edit(self.file, self.end_at(instruction, before.end), end, b"")
        assert after is not None  # noqa: S101 - there are two, and it is not the last
        self._require_uncommented(last, self._first(after))
        return Edit(self.file, start, self.at(instruction, after.pair.offset), b"")

    def added(self, stage: Stage, text: str | bytes) -> Edit:
        """One more label of a stage, behind those that it has or below its FROM.

        Args:
            stage: The stage.
            text: Key and value as they are to be written.
        """
        written = text if isinstance(text, bytes) else text.encode()
        labels = self.labels_of(stage)
        if not labels:
            opening = self.document.opening(stage)
            return self.line_below(opening.end_line, self.lines.indent(opening.line) + b"LABEL " + written)
        last = labels[-1]
        before = labels[-2] if last.place else None
        number = self._first(last)
        if before is None or self._last(before) == number or not self._is_alone(number, self._start(last)):
            keyword = self.lines.text(last.instruction.line).split(None, 1)[0]
            indent = self.lines.indent(last.instruction.line)
            return self.line_below(last.instruction.end_line, indent + keyword + b" " + written)
        # As the line above, up to what continues it; comments above the last label stay there.
        above = self._last(before)
        start = self.end_at(before.instruction, before.end)
        tail = self.content[start : self.lines.end(above)]
        at = self.lines.end(above)
        return Edit(self.file, at, at, self.lines.indent(number) + written + tail)

    def moved(self, instruction: Instruction, stage: Stage) -> tuple[Edit, Edit]:
        """A whole instruction that goes to another stage, behind its labels or below its FROM."""
        start, end = self.whole(instruction)
        labels = self.labels_of(stage)
        number = labels[-1].instruction.end_line if labels else self.document.opening(stage).end_line
        text = self.content[start:end].removesuffix(b"\n").removesuffix(b"\r")
        return Edit(self.file, start, end, b""), self.line_below(number, text)

    def line_below(self, number: int, text: bytes) -> Edit:
        """A line more, below another one and ended as that is."""
        at, ending = self.lines.end(number), self.lines.ending(number)
        new = text + ending if self.lines.has_end(number) else ending + text
        return Edit(self.file, at, at, new)

    def _start(self, written: WrittenLabel) -> int:
        return self.at(written.instruction, written.pair.offset)

    def _first(self, written: WrittenLabel) -> int:
        return written.instruction.line_at(written.pair.offset)

    def _last(self, written: WrittenLabel) -> int:
        return written.instruction.line_at(written.end - 1)

    def _is_alone(self, number: int, start: int) -> bool:
        """Whether nothing but blanks stands before a place in its line."""
        return not self.content[self.lines.start(number) : start].strip()

    def _require_uncommented(self, first: int, last: int) -> None:
        """Require that there is no comment between two lines.

        Raises:
            NotOfferedError: There is one.
        """
        if any(self.lines.text(number).lstrip().startswith(b"#") for number in range(first + 1, last + 1)):
            raise NotOfferedError("a comment is in the way")


def quoted(value: str, like: WrittenLabel) -> str:
    """A value with quotes and escapes, in the style of another one.

    Raises:
        NotOfferedError: No style of a Dockerfile has room for it.
    """
    if not value.isprintable():
        raise NotOfferedError("a label of a Dockerfile is one line")
    escape = like.instruction.escape
    if like.is_old:
        # It takes quotes for quotes, too.
        if any(char in value for char in f"\"'${escape}") or value != value.strip():
            raise NotOfferedError("it would need quotes")
        return value
    mark = like.value[:1]
    if mark == "'" and "'" not in value:
        return single_quoted(value)
    if mark not in {'"', "'"} and _BARE.fullmatch(value):
        return value
    return double_quoted(value, escape)


def single_quoted(value: str) -> str:
    """A value between single quotes, which must have none in it."""
    return f"'{value}'"


def double_quoted(value: str, escape: str) -> str:
    """A value between double quotes that nothing is replaced in."""
    special = str.maketrans({char: f"{escape}{char}" for char in f'"${escape}'})
    return f'"{value.translate(special)}"'
