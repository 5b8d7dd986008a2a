"""Labels whose value is a JSON array of links: screenshots and additional URLs.

Forms: https://docs.docker.com/extensions/extensions-sdk/extensions/labels/. Quoting inside a Dockerfile's LABEL
breaks them more often than anything else: https://github.com/docker/extensions-submissions/issues/218
"""

from __future__ import annotations

from collections import Counter
from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.extension.labels import ADDITIONAL_URLS, SCREENSHOTS
from dext_tasks.formats.json_places import JsonPart, outline
from dext_tasks.formats.json_syntax import JsonSyntaxError, Slip, SyntaxFault, loads
from dext_tasks.limits import LARGEST_VALUE
from dext_tasks.regex import regex
from dext_tasks.wording import excerpt, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

TEXT_KEYS = {SCREENSHOTS: "alt", ADDITIONAL_URLS: "title"}
"""The key beside ``url`` in each of these labels."""

_URL = "url"
_MOST_OF_A_KIND = 20
# Keys that are written for each of the right ones.
_TAKEN_FOR = {
    "alt": frozenset({"alt", "title", "name", "text", "description", "caption", "label"}),
    "title": frozenset({"title", "alt", "name", "text", "description", "caption", "label"}),
    _URL: frozenset({"url", "href", "link", "src", "uri", "path", "image"}),
}
# What a Dockerfile does to quotes: https://docs.docker.com/reference/dockerfile/#label
_SINGLE_QUOTES = "put the JSON between single quotes in the Dockerfile, which keep its double quotes"
_BACKSLASHES = "remove the backslashes, which stay there between single quotes, or put the label between double quotes"
_QUOTE = regex(r'(?<!\\)"')
_BEFORE = 30
_AROUND = 70


class LabelJsonFault(Enum):
    """Kinds of mistakes."""

    SYNTAX = auto()
    TYPE = auto()
    MISSING_KEY = auto()
    DUPLICATE_KEY = auto()
    UNKNOWN_KEY = auto()
    BLANK = auto()
    EMPTY = auto()


class Mistake(NamedTuple):
    """One thing that is wrong with a value.

    Attributes:
        fault: Its kind.
        what: In words.
        line: Line in the value, from 1.
        column: Column in that line, from 1.
        near: The value around that place, on one line.
        fix: What to do about it.
    """

    fault: LabelJsonFault
    what: str
    line: int
    column: int
    near: str
    fix: str = ""

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.what}, in {self.near}"


class Link(NamedTuple):
    """One element of the array.

    Attributes:
        text: Alternative text of a screenshot, title of a URL; empty where it is missing.
        url: Empty where it is missing.
        offset: Of the element in the value.
    """

    text: str
    url: str
    offset: int


class LinkList(NamedTuple):
    """What a value says.

    Attributes:
        links: The elements that are objects, complete or not.
        mistakes: What is wrong, at most the first twenty of each kind, in the order of the value.
        shown: The value as the image has it, on one line and cut where it gets long.
    """

    links: tuple[Link, ...]
    mistakes: tuple[Mistake, ...]
    shown: str


@lru_cache(maxsize=64)
def parse(value: str, text_key: str) -> LinkList:
    """Read the value of a label.

    Args:
        value: As the image has it, after everything a Dockerfile does to quotes and backslashes.
        text_key: The key beside ``url``, one of ``TEXT_KEYS``.
    """
    found = _Findings(value, text_key)
    found.read()
    mistakes = sorted(found.mistakes, key=lambda mistake: (mistake.line, mistake.column))
    return LinkList(tuple(found.links), tuple(mistakes), excerpt(value))


def misnamed(value: str, text_key: str) -> list[tuple[int, int, str]]:
    """Keys that can only stand for the one that their object lacks: start and end in the value, and the right key.

    Args:
        value: As the image has it.
        text_key: The key beside ``url``, one of ``TEXT_KEYS``.
    """
    found: list[tuple[int, int, str]] = []
    if _syntax_mistake(value, ""):
        return found
    for element in outline(value).parts:
        names = [str(each.key) for each in element.parts]
        lacking = [key for key in (text_key, _URL) if key not in names]
        others = [each for each in element.parts if each.key not in {text_key, _URL}]
        if element.is_object and len(names) == len((text_key, _URL)) and len(lacking) == len(others) == 1:
            start = others[0].offset + 1
            end = value.index('"', start)
            if value[start:end].strip().casefold() in _TAKEN_FOR[lacking[0]]:
                found.append((start, end, lacking[0]))
    return found


class _Member(NamedTuple):
    key: str
    value: object
    offset: int


class _Findings:
    def __init__(self, value: str, text_key: str) -> None:
        self._value = value
        self._text_key = text_key
        self.links: list[Link] = []
        self.mistakes: list[Mistake] = []
        self._counts: Counter[LabelJsonFault] = Counter()

    def read(self) -> None:
        syntax = _syntax_mistake(self._value, self._example())
        if syntax:
            self.mistakes.append(syntax)
            return
        array = outline(self._value)
        if self._value[array.begin] != "[":
            fix = "put [ and ] around it" if array.is_object else f"write {self._example()}"
            self._add(LabelJsonFault.TYPE, "an array is expected, not a single value", array.begin, fix)
        elif not array.parts:
            self._add(LabelJsonFault.EMPTY, "the array is empty", array.begin, f"write {self._example()}")
        for element in array.parts if not array.is_object else ():
            self._element(element)

    def _element(self, element: JsonPart) -> None:
        if element.is_object:
            self._object(
                element.offset, [_Member(str(each.key), each.value(self._value), each.offset) for each in element.parts]
            )
        else:
            what = f'an object with "{self._text_key}" and "{_URL}" is expected'
            self._add(LabelJsonFault.TYPE, what, element.offset, f"write {self._example(brackets=False)}")

    def _object(self, offset: int, found: list[_Member]) -> None:
        texts = {member.key: member.value for member in found if isinstance(member.value, str)}
        self.links.append(Link(texts.get(self._text_key, ""), texts.get(_URL, ""), offset))
        meant = _meant([member.key for member in found], (self._text_key, _URL))
        # A key in the place of another one is one mistake.
        for mistake in self._member_mistakes([member for member in found if member.key not in meant.values()]):
            self._add(*mistake)
        for key, instead in meant.items():
            fix = f'write "{key}" in place of "{excerpt(instead, 40)}"' if instead else f'add "{key}": "..."'
            self._add(LabelJsonFault.MISSING_KEY, f'the object has no "{key}"', offset, fix)

    def _member_mistakes(self, found: list[_Member]) -> Iterator[tuple[LabelJsonFault, str, int, str]]:
        seen: set[str] = set()
        for member in found:
            shown = f'"{excerpt(member.key, 40)}"'
            if member.key in seen:
                yield LabelJsonFault.DUPLICATE_KEY, f"{shown} is there twice", member.offset, "remove one of the two"
            elif member.key not in (self._text_key, _URL):
                yield (
                    LabelJsonFault.UNKNOWN_KEY,
                    f"{shown} means nothing here",
                    member.offset,
                    f"remove or rename {shown}",
                )
            elif not isinstance(member.value, str):
                yield LabelJsonFault.TYPE, f"{shown} must be a string", member.offset, "put the value in double quotes"
            elif not member.value.strip():
                yield LabelJsonFault.BLANK, f"{shown} is empty", member.offset, f"give {shown} a value"
            seen.add(member.key)

    def _example(self, *, brackets: bool = True) -> str:
        example = f'{{"{self._text_key}":"...","{_URL}":"https://..."}}'
        return f"[{example}]" if brackets else example

    def _add(self, fault: LabelJsonFault, what: str, offset: int, fix: str) -> None:
        # Each kind by itself, so that many harmless mistakes do not hide one that breaks the label.
        self._counts[fault] += 1
        if self._counts[fault] <= _MOST_OF_A_KIND:
            self.mistakes.append(_at(self._value, fault, what, offset, fix))


def _meant(names: Sequence[str], expected: tuple[str, ...]) -> dict[str, str]:
    """The keys that an object lacks, each with the one that was probably meant for it; empty where there is none."""
    unknown = list(dict.fromkeys(name for name in names if name not in expected))
    found: dict[str, str] = {}
    for key in expected:
        if key not in names:
            taken = [name for name in unknown if name.strip().casefold() in _TAKEN_FOR[key]]
            taken.append(nearest(key, unknown))
            found[key] = next((name for name in taken if name not in found.values()), "")
    return found


def _syntax_mistake(value: str, example: str) -> Mistake | None:
    if len(value) > LARGEST_VALUE:
        what = f"the value has {len(value)} characters, more than {LARGEST_VALUE}"
        return _at(value, LabelJsonFault.SYNTAX, what, 0, "shorten it")
    try:
        loads(value)
    except JsonSyntaxError as error:
        fault = error.fault
        return _at(value, LabelJsonFault.SYNTAX, f"not JSON: {fault.what}", fault.offset, _fix(value, fault, example))
    return None


def _fix(value: str, fault: SyntaxFault, example: str) -> str:
    """What to do about a text that is not JSON: for a label that is one, or for the character that is wrong."""
    char = value[fault.offset : fault.offset + 1]
    if fault.slip in {Slip.EMPTY, Slip.DEPTH}:
        return f"write {example}"
    if fault.slip is Slip.BACKSLASH and not _is_in_text(value, fault.offset):
        return _BACKSLASHES
    if not value.lstrip("\ufeff \t\r\n").startswith(("[", "{", '"', "'")):
        return f"write {_with_address(example, value)}"
    # What has lost its quotes: a Dockerfile takes them.
    if fault.slip is Slip.QUOTE and char.isalnum():
        return _SINGLE_QUOTES
    return _FIXES[fault.slip](value, fault.offset, char)


def _comma(value: str, offset: int, char: str) -> str:
    before = value[:offset].rstrip()[-1:]
    if before == ":":
        return "write a value after the colon"
    if char in "]},":
        return f"remove the comma before {char}" if char != "," else "remove one of the commas"
    return "put a comma between the two"


def _quote(value: str, offset: int, char: str) -> str:
    if char != '"':
        return f'write " in place of {char}'
    return 'write \\" for it, or end the text there' if _is_in_text(value, offset) else 'end the text with "'


def _extra(value: str, _offset: int, char: str) -> str:
    is_list = char == "," and value.lstrip().startswith("{")
    return "put [ before the first object and ] after the last" if is_list else "remove what follows"


def _bracket(value: str, offset: int, _char: str) -> str:
    return "remove it, or add the one that it closes" if offset < len(value) else "add what is missing at the end"


_FIXES: Final[Mapping[Slip, Callable[[str, int, str], str]]] = {
    Slip.COMMA: _comma,
    Slip.QUOTE: _quote,
    Slip.EXTRA: _extra,
    Slip.BRACKET: _bracket,
    Slip.COLON: lambda *_: 'write "key": "value"',
    Slip.BACKSLASH: lambda *_: "write two backslashes for one",
    Slip.CONTROL: lambda *_: "remove it, or write it with a backslash",
    Slip.WORD: lambda *_: "write true, false, null or a string in double quotes",
    Slip.NUMBER: lambda *_: "put it in double quotes",
    Slip.COMMENT: lambda *_: "remove the comment",
    Slip.CHARACTER: lambda *_: "remove it",
}


def _is_in_text(value: str, offset: int) -> bool:
    """Whether an offset is inside quotes, provided that those before it are right."""
    return len(_QUOTE.findall(value[:offset])) % 2 == 1


def _with_address(example: str, value: str) -> str:
    is_address = value.startswith(("http://", "https://")) and len(value) <= _AROUND and '"' not in value
    return example.replace("https://...", value) if is_address else example


def _at(value: str, fault: LabelJsonFault, what: str, offset: int, fix: str) -> Mistake:
    line = value.count("\n", 0, offset) + 1
    start = max(offset - _BEFORE, 0)
    near = f"{'…' if start else ''}{excerpt(value[start:], _AROUND)}"
    return Mistake(fault, what, line, offset - value.rfind("\n", 0, offset), near, fix)
