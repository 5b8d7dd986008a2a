"""Fixes of labels that are a JSON array of links, where exactly one repair gives what is right."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.checks.fixes.edit import Edit, EditedTree, Fix, Proposal, fixer
from dext_tasks.checks.fixes.label_pairs import DockerfileText, WrittenLabel
from dext_tasks.checks.label_lookup import BREAKING
from dext_tasks.extension.label_json import TEXT_KEYS, misnamed, parse
from dext_tasks.formats.json_syntax import JsonSyntaxError, loads
from dext_tasks.regex import regex

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator, Sequence

    from dext_tasks.checks.rule import Finding

    _Repairer = Callable[[str], list["Splice"]]

# What one label may cost; the longest of 134 extensions has some 4,000 characters.
_LONGEST: Final = 20_000
_MOST_STEPS: Final = 3
_MOST_STATES: Final = 100


class Splice(NamedTuple):
    """Characters that take the place of others.

    Attributes:
        start: Offset of the first that goes.
        end: Offset behind the last.
        new: What takes their place.
    """

    start: int
    end: int
    new: str = ""


# A string, ended or not, or a bracket.
_STRUCTURE = regex(r'"[^"\\]*+(?>(?:\\.[^"\\]*+)*)(?:"|\\?\Z)|[\[\]{}]')


def _outside(pattern: re.Pattern[str], new: str = "") -> _Repairer:
    """A repair that puts something in the place of each match that is not in a string."""

    def repair(text: str) -> list[Splice]:
        strings = [found.span() for found in _STRUCTURE.finditer(text) if found[0].startswith('"')]
        starts = [start for start, _ in strings]

        def is_inside(at: int) -> bool:
            before = bisect_left(starts, at) - 1
            return before >= 0 and at < strings[before][1]

        return [Splice(*found.span(), new) for found in pattern.finditer(text) if not is_inside(found.start())]

    return repair


def _unescaped(text: str) -> list[Splice]:
    """Escaped quotes without their backslashes, which stay in the label where the value is between single quotes."""
    return [Splice(found.start(), found.end()) for found in _ESCAPED_QUOTE.finditer(text)]


def _in_brackets(text: str) -> list[Splice]:
    """An array of the object, or the objects, that are there."""
    inner = text.strip()
    if not inner.startswith("{") or not inner.endswith("}"):
        return []
    start = text.index("{")
    return [Splice(start, start, "["), Splice(start + len(inner), start + len(inner), "]")]


def _other_quotes(text: str) -> list[Splice]:
    """Double quotes for single and typographic ones, where there are no others."""
    return [] if '"' in text else [Splice(at, at + 1, '"') for at, char in enumerate(text) if char in "'\u201c\u201d"]


def _ended_address(text: str) -> list[Splice]:
    """The quote that an address lacks at its end: no address has a bracket or a brace in it."""
    return [Splice(found.end(), found.end(), '"') for found in _OPEN_ADDRESS.finditer(text)]


def _ended(text: str) -> list[Splice]:
    """The brackets that are missing at the end."""
    waiting: list[str] = []
    for found in _STRUCTURE.finditer(text):
        char = found[0]
        if char in "[{":
            waiting.append("]" if char == "[" else "}")
        elif char in "]}" and (not waiting or waiting.pop() != char):
            return []
    at = len(text.rstrip())
    return [Splice(at, at, "".join(reversed(waiting)))] if waiting else []


_ESCAPED_QUOTE = regex(r'\\(?=")')
_OPEN_ADDRESS = regex(r'(?<=")https?://[^\s"\'{}\[\],<>]+(?=\s*[}\]])')


def _repairers(text_key: str) -> tuple[_Repairer, ...]:
    return (
        _unescaped,
        _outside(regex(r",(?=\s*[\]}])")),
        _outside(regex(r"(?<=\})(?=\s*\{)"), ","),
        _outside(regex(r",(?=\s*,)")),
        # A quote that is there twice at the end of a text.
        _outside(regex(r'(?<=[^\s:,{\["\\]")"(?=\s*[,}\]])')),
        _ended_address,
        _in_brackets,
        _other_quotes,
        _ended,
        lambda text: [Splice(*each) for each in misnamed(text, text_key)],
    )


class _Spliced(NamedTuple):
    """A text with where each of its characters comes from; None for those that were put in."""

    text: str
    origins: tuple[int | None, ...]

    def after(self, splices: Sequence[Splice]) -> _Spliced:
        text: list[str] = []
        origins: list[int | None] = []
        done = 0
        for start, end, new in sorted(splices):
            text += [self.text[done:start], new]
            origins += [*self.origins[done:start], *[None] * len(new)]
            done = end
        return _Spliced("".join([*text, self.text[done:]]), (*origins, *self.origins[done:]))

    def splices(self, length: int) -> Iterator[Splice]:
        """What makes this text of the one that it comes from, which had this many characters."""
        at, new = 0, ""
        for char, origin in zip((*self.text, ""), (*self.origins, length), strict=True):
            if origin is None:
                new += char
                continue
            if new or origin > at:
                yield Splice(at, origin, new)
            at, new = origin + 1, ""


class _MeantValue(NamedTuple):
    """A value as it was meant, and how it is written.

    Attributes:
        text: The value.
        offsets: Where each of its characters, and its end, is in what is written.
        frame: What must be written in other ways for it to be read so.
        escape: What stands before a double quote that is put in.
    """

    text: str
    offsets: tuple[int, ...]
    frame: tuple[Splice, ...] = ()
    escape: str = ""


@fixer(
    "screenshots-invalid",
    "additional-urls-invalid",
    reveals=("label-json-incomplete", "link-*", "image-address-is-page", "text-markup", "markup-*", "screenshot-*"),
)
def _invalid(finding: Finding, tree: EditedTree) -> Proposal:
    text = DockerfileText.of(tree)
    written = text.effective(finding.place.label)
    reading = _reading(written)
    if reading is None or len(reading.text) > _LONGEST or written.is_old:
        return None
    repaired = _only_repair(reading.text, TEXT_KEYS[finding.place.label])
    if repaired is None:
        return None
    splices = [
        Splice(reading.offsets[each.start], reading.offsets[each.end], each.new.replace('"', f'{reading.escape}"'))
        for each in repaired.splices(len(reading.text))
    ]
    edits = [edit for each in (*reading.frame, *splices) for edit in _edits(text, written, each)]
    if not edits:
        return None
    what = f"correct the JSON of {finding.place.label}: {finding.fix}"
    return Fix(finding.rule.code, what, tuple(edits))


@fixer("dockerfile-invalid", reveals=("*",))
def _refused(finding: Finding, tree: EditedTree) -> Proposal:
    """Single quotes around JSON whose double quotes end the value of its label, so that BuildKit refuses the line."""
    content = tree.read(finding.place.file)
    found = list(_IN_DOUBLE_QUOTES.finditer(content))
    edits = [
        Edit(finding.place.file, at, at + 1, b"'")
        for each in found
        if _is_json(_JOINED.sub(b"", each["json"]))
        for at in (each.start("json") - 1, each.end("json"))
    ]
    what = "put JSON between single quotes, which keep the double quotes in it"
    return Fix(finding.rule.code, what, tuple(edits)) if edits else None


# To the quote that ends a line, or stands before what continues it; with none that is escaped, or single. It ends where
# the next label begins, so that no text is read again and again.
_IN_DOUBLE_QUOTES = regex(
    rb"com\.docker\.extension\.(?:screenshots|additional-urls)"
    rb"=\"(?P<json>\[(?>(?:[^'\\\]c]|c(?!om\.docker\.extension\.)|\\[ \t]*\r?\n"
    rb"|\](?!\"[ \t]*(?:\\?[ \t]*\r?\n|\Z)))*)\])\""
)
_JOINED = regex(rb"\\[ \t]*\r?\n")


def _is_json(content: bytes) -> bool:
    try:
        loads(content.decode())
    except ValueError:
        return False
    return True


def _edits(text: DockerfileText, written: WrittenLabel, splice: Splice) -> Iterator[Edit]:
    start, end = (written.value_offset + each for each in (splice.start, splice.end))
    yield from text.without(written.instruction, start, end)
    if splice.new:
        yield text.replaced(written.instruction, start, start, splice.new)


def repaired(text: str, text_key: str) -> str | None:
    """What a text can only have been meant to be; None where that is not certain.

    Args:
        text: The value of a label.
        text_key: The key beside ``url``, one of ``TEXT_KEYS``.
    """
    found = _only_repair(text, text_key)
    return None if found is None else found.text


def _only_repair(text: str, text_key: str) -> _Spliced | None:
    repairers = _repairers(text_key)
    states = {text: _Spliced(text, tuple(range(len(text))))}
    right: dict[str, _Spliced] = {}
    for _ in range(_MOST_STEPS + 1):
        following: dict[str, _Spliced] = {}
        for state in states.values():
            if _is_right(state.text, text_key):
                right.setdefault(repr(loads(state.text)), state)
                continue
            for repairer in repairers:
                made = state.after(repairer(state.text))
                following.setdefault(made.text, made)
        if len(following) > _MOST_STATES:
            return None
        states = following
    return next(iter(right.values())) if len(right) == 1 else None


def _is_right(text: str, text_key: str) -> bool:
    try:
        loads(text)
    except JsonSyntaxError:
        return False
    return not any(mistake.fault in BREAKING for mistake in parse(text, text_key).mistakes)


def _reading(written: WrittenLabel) -> _MeantValue | None:
    raw, escape = written.value, written.instruction.escape
    if not written.is_plain:
        return None
    found = _single(raw) or _double(raw, escape)
    if found and found.text == written.label.value:
        return found
    return _unquoted(raw, escape)


def _single(raw: str) -> _MeantValue | None:
    inner = raw[1:-1]
    if len(raw) < len("''") or raw[0] != "'" or raw[-1] != "'" or "'" in inner:
        return None
    return _MeantValue(inner, tuple(range(1, len(raw))))


def _double(raw: str, escape: str) -> _MeantValue | None:
    if raw[:1] != '"':
        return None
    text: list[str] = []
    offsets: list[int] = []
    at = 1
    while at < len(raw) and raw[at] != '"':
        offsets.append(at)
        at += 1 if raw[at] == escape and raw[at + 1 : at + 2] in {'"', "$", escape} else 0
        text.append(raw[at : at + 1])
        at += 1
    if at != len(raw) - 1:
        return None
    return _MeantValue("".join(text), (*offsets, at), escape=escape)


def _unquoted(raw: str, escape: str) -> _MeantValue | None:
    """JSON that a Dockerfile takes the quotes of: between double quotes or none, and not escaped."""
    is_quoted = len(raw) > len('""') and raw[0] == raw[-1] == '"' and raw[1:].lstrip()[:1] in {"[", "{"}
    begin, end = (1, len(raw) - 1) if is_quoted else (0, len(raw))
    text = raw[begin:end]
    if "'" in text or escape in text or not text.startswith(("[", "{")):
        return None
    frame = (Splice(0, begin, "'"), Splice(end, len(raw), "'"))
    return _MeantValue(text, tuple(range(begin, end + 1)), frame)
