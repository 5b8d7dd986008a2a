"""Makefiles: variables and recipes, as far as reading shows what make would make of them.

Nothing is run: what ``$(shell …)`` prints, the environment holds or a file brings that is not known is a gap. Of
conditionals all branches count. https://www.gnu.org/software/make/manual/html_node/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice, product
from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.formats.gaps import Gaps, without_private
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# What reading one may cost.
_MOST_LINES: Final = 20_000
_LONGEST_LINE: Final = 16_384
_MOST_VALUES: Final = 6
_MOST_INCLUDED: Final = 20
_MOST_STEPS: Final = 50_000
_DEEPEST: Final = 30
_LONGEST_VALUE: Final = 4096

_ASSIGNMENT = regex(r"\s*(?:(?:override|export|private)\s+)*([\w.-]+)\s*(\?=|\+=|!=|:{0,3}=)\s*")
_DEFINE = regex(r"\s*(?:(?:override|export)\s+)*define\s+([\w.-]+)\s*(\?=|\+=|:{0,3}=)?\s*$")
_CONDITION = regex(r"\s*(ifeq|ifneq|ifdef|ifndef|else|endif)\b")
_NAME = regex(r"[\w.-]+")
# The folder of the Makefile, which is where make is called.
_HERE: Final = {"CURDIR": ".", "PWD": ".", "MAKE": "make"}
_CLOSING: Final = {"(": ")", "{": "}"}


class RecipeLine(NamedTuple):
    """A line of a recipe, with the lines that continue it.

    Attributes:
        target: What it makes.
        line: Number of its first line, from 1.
        text: As written, without what make itself reads in front of it (``@``, ``-``, ``+``).
    """

    target: str
    line: int
    text: str


class Assigned(NamedTuple):
    """A value of a variable.

    Attributes:
        value: As written; of a variable that is expanded at once, expanded.
        line: Of the assignment, from 1.
        is_expanded: Whether nothing in it is to be replaced.
    """

    value: str
    line: int
    is_expanded: bool = False


@dataclass
class Makefile:
    """What a Makefile says.

    Attributes:
        gaps: The parts of expanded texts that are not known.
        variables: All values that each variable may have.
        own: The same of those that are set for one target.
        recipes: Lines of all recipes, in order.
        included: The files that were read with it, as written.
        lacks_included: Whether it includes a file that is not known.
        steps: How many variables may be replaced yet.
    """

    gaps: Gaps
    variables: dict[str, tuple[Assigned, ...]] = field(default_factory=dict)
    own: dict[str, dict[str, tuple[Assigned, ...]]] = field(default_factory=dict)
    recipes: list[RecipeLine] = field(default_factory=list)
    included: list[str] = field(default_factory=list)
    lacks_included: bool = False
    steps: int = _MOST_STEPS

    def expand(self, text: str, target: str = "") -> tuple[str, ...]:
        """What may become of a text, each variant once; a gap stands for what is not known.

        Args:
            text: As written.
            target: The target whose recipe it is in.
        """
        return _Expander(self, target).variants(text, ())

    def values(self, name: str, target: str) -> tuple[Assigned, ...]:
        """The values that a variable may have in a recipe; none if nothing here sets it."""
        if name == "@":
            return (Assigned(target, 0, is_expanded=True),)
        return self.own.get(target, {}).get(name) or self.variables.get(name, ())


class _Expander:
    """Replaces variables."""

    def __init__(self, makefile: Makefile, target: str) -> None:
        self._makefile = makefile
        self._gaps = makefile.gaps
        self._target = target

    def variants(self, text: str, inside: tuple[str, ...]) -> tuple[str, ...]:
        """What may become of a text.

        Args:
            text: The text.
            inside: The variables that it is a part of.
        """
        parts = [self._part(part, inside) for part in _parts(text)]
        made = ("".join(each)[:_LONGEST_VALUE] for each in islice(product(*parts), _MOST_VALUES))
        return tuple(dict.fromkeys(made))

    def _part(self, part: _Part, inside: tuple[str, ...]) -> tuple[str, ...]:
        if not part.is_reference:
            return (part.text,)
        self._makefile.steps -= 1
        if self._makefile.steps < 0 or len(inside) > _DEEPEST:
            return (self._gaps.mark("variables that lead too far"),)
        name = part.text
        if _NAME.fullmatch(name) or name == "@":
            return self._value(name, inside)
        return self._function(name, inside)

    def _value(self, name: str, inside: tuple[str, ...]) -> tuple[str, ...]:
        if name in inside:
            return (self._gaps.mark(f"the variable {name}, which refers to itself"),)
        values = self._makefile.values(name, self._target)
        if not values and name in _HERE:
            return (_HERE[name],)
        if not values:
            where = ", or another file that is included," if self._makefile.lacks_included else ""
            return (self._gaps.mark(f"the variable {name}, which the environment{where} may set"),)
        made = [
            variant
            for each in values
            for variant in ((each.value,) if each.is_expanded else self.variants(each.value, (*inside, name)))
        ]
        return tuple(dict.fromkeys(made[:_MOST_VALUES])) or ("",)

    def _function(self, call: str, inside: tuple[str, ...]) -> tuple[str, ...]:
        name, _, rest = call.strip().partition(" ")
        if name == "strip":
            return tuple(" ".join(each.split()) for each in self.variants(rest, inside))
        if name == "or":
            first = (each.strip() for each in rest.split(","))
            made = [variant for each in first for variant in self.variants(each, inside) if variant]
            return tuple(made[:1]) or ("",)
        return (self._gaps.mark(f"$({_shortened(call)})"),)


def _shortened(call: str) -> str:
    text = " ".join(call.split())
    return text if len(text) <= 60 else f"{text[:59]}…"  # noqa: PLR2004 - as much as fits a message


class _Part(NamedTuple):
    text: str
    is_reference: bool = False


def _parts(text: str) -> Iterator[_Part]:
    """The text, and the variables and functions in it."""
    at = 0
    while (found := text.find("$", at)) >= 0 and found + 1 < len(text):
        yield _Part(text[at:found])
        following = text[found + 1]
        if following in _CLOSING:
            end = _closing(text, found + 1)
            if end < 0:
                yield _Part(text[found:])
                return
            yield _Part(text[found + 2 : end], is_reference=True)
            at = end + 1
        elif following == "$":
            yield _Part("$")
            at = found + 2
        else:
            yield _Part(following, is_reference=True)
            at = found + 2
    yield _Part(text[at:])


def _closing(text: str, begin: int) -> int:
    """Where the bracket that opens at a place is closed; -1 if it is not."""
    opening, closing = text[begin], _CLOSING[text[begin]]
    depth = 0
    for at in range(begin, len(text)):
        if text[at] == opening:
            depth += 1
        elif text[at] == closing:
            depth -= 1
            if not depth:
                return at
    return -1


def _nothing(_: str) -> None:
    """No file is included."""


def read(content: bytes, included: Callable[[str], bytes | None] = _nothing) -> Makefile:
    """Read a Makefile; what is no Makefile has nothing in it.

    Args:
        content: The file; what is not UTF-8 in it is replaced.
        included: Reads a file that is included, by its path as written; None if it is not known. Of such a file the
            variables count.
    """
    made = Makefile(Gaps())
    _MakefileReader(made, included).read(content)
    return made


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with those that continue them, the line feed in between kept."""
    begin, held = 0, ""
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.removesuffix("\r")
        begin = begin or number
        held = f"{held}{line}"
        if line.endswith("\\") and not line.endswith("\\\\") and len(held) < _LONGEST_LINE:
            held += "\n"
            continue
        yield begin, held[:_LONGEST_LINE]
        begin, held = 0, ""
    if held:
        yield begin, held[:_LONGEST_LINE]


class _MakefileReader:
    def __init__(self, made: Makefile, included: Callable[[str], bytes | None]) -> None:
        self.made = made
        self._included = included
        self._targets: tuple[str, ...] = ()
        self._conditions = 0
        self._defined: tuple[str, int, list[str]] | None = None

    def read(self, content: bytes) -> None:
        """Read a file."""
        text = without_private(content.decode("utf-8", "replace")).removeprefix("\ufeff")
        for number, line in islice(_logical_lines(text), _MOST_LINES):
            self._take(number, line)

    def _take(self, number: int, line: str) -> None:
        if self._defined is not None:
            self._define(line)
        elif line.startswith("\t") and self._targets:
            self._recipe(number, line[1:])
        elif found := _CONDITION.match(line):
            self._conditions += {"endif": -1, "else": 0}.get(found[1], 1)
        elif found := _DEFINE.match(line):
            self._defined = (found[1], number, [])
        else:
            self._statement(number, " ".join(_without_comment(line).replace("\\\n", " ").split("\n")))

    def _define(self, line: str) -> None:
        name, number, lines = self._defined or ("", 0, [])
        if line.strip() == "endef":
            self._defined = None
            self._set(self.made.variables, name, "=", Assigned("\n".join(lines), number))
        else:
            lines.append(line)

    def _recipe(self, number: int, line: str) -> None:
        text = line.lstrip(" \t@-+")
        self.made.recipes += [RecipeLine(target, number, text) for target in self._targets[:_MOST_VALUES]]

    def _statement(self, number: int, line: str) -> None:
        if not line.strip():
            return
        if found := _ASSIGNMENT.match(line):
            self._assign(self.made.variables, found[1], found[2], Assigned(line[found.end() :].strip(), number))
            return
        first = line.split(maxsplit=1)
        if first[0] in {"include", "-include", "sinclude"}:
            self._include(" ".join(first[1:]))
        elif ":" in line:
            self._rule(number, line)

    def _include(self, written: str) -> None:
        for name in " ".join(self.made.expand(written)).split():
            content = self._included(name) if len(self.made.included) < _MOST_INCLUDED else None
            if content is None:
                self.made.lacks_included = True
            elif name not in self.made.included:
                self.made.included.append(name)
                inner = Makefile(self.made.gaps, self.made.variables, self.made.own, [], self.made.included)
                _MakefileReader(inner, self._included).read(content)
                self.made.lacks_included |= inner.lacks_included

    def _rule(self, number: int, line: str) -> None:
        head, _, rest = line.partition(":")
        targets = tuple(head.split())
        if found := _ASSIGNMENT.match(rest.lstrip(":")):
            value = Assigned(rest.lstrip(":")[found.end() :].strip(), number)
            for target in targets[:_MOST_VALUES]:
                self._assign(self.made.own.setdefault(target, {}), found[1], found[2], value)
            return
        self._targets = targets
        _, semicolon, recipe = rest.partition(";")
        if semicolon:
            self._recipe(number, recipe)

    def _assign(self, variables: dict[str, tuple[Assigned, ...]], name: str, how: str, given: Assigned) -> None:
        if how == "!=":
            marked = self.made.gaps.mark(f"$(shell {_shortened(given.value)})")
            self._set(variables, name, "=", Assigned(marked, given.line, is_expanded=True))
        elif how.endswith(":="):
            made = [Assigned(value, given.line, is_expanded=True) for value in self.made.expand(given.value)]
            self._set(variables, name, "=", *made)
        else:
            self._set(variables, name, how, given)

    def _set(self, variables: dict[str, tuple[Assigned, ...]], name: str, how: str, *given: Assigned) -> None:
        before = variables.get(name, ())
        if how == "+=" and before:
            variables[name] = tuple(
                each._replace(value=f"{each.value} {given[0].value}"[:_LONGEST_VALUE]) for each in before
            )
        elif how == "?=" and before and not self._conditions:
            return
        elif self._conditions:
            variables[name] = (*before, *given)[:_MOST_VALUES]
        else:
            variables[name] = given


def _without_comment(line: str) -> str:
    at = 0
    while (found := line.find("#", at)) >= 0:
        if line[found - 1 : found] != "\\":
            return line[:found]
        at = found + 1
    return line
