"""Reading the part of a command line that is for our verbs, before invoke's parser does.

Invoke's parser takes whatever follows a verb with a positional argument for that argument, whatever follows a flag
with a value for the value, and drops what it has no place for:
https://github.com/pyinvoke/invoke/blob/main/invoke/parser/parser.py (ParseMachine.handle, complete_flag)
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dext_tasks.config.kind import is_bool
from dext_tasks.errors import UsageError
from dext_tasks.wording import did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from invoke.parser.argument import Argument
    from invoke.parser.context import ParserContext


# More than elsewhere: short flags are like one another.
_SIMILAR = 0.7


@dataclass(frozen=True)
class Grammar:
    """What may stand on a command line.

    Attributes:
        program: Name of the program, for messages.
        core: The program's own flags, which may stand anywhere.
        contexts: Every task by its name and its other names.
        ours: Names of those that are verbs of ours.
    """

    program: str
    core: ParserContext
    contexts: Mapping[str, ParserContext]
    ours: frozenset[str]

    @property
    def names(self) -> set[str]:
        """What each task is called."""
        return {str(context.name) for context in self.contexts.values()}

    def is_ours(self, context: ParserContext) -> bool:
        """Whether a task is a verb of ours."""
        return context.name in self.ours


def normal(grammar: Grammar, tokens: Sequence[str], rest: Sequence[str] = ()) -> list[str]:
    """A command line in which every value of our verbs is tied to its flag: ``new demo`` is ``new --name=demo``.

    Args:
        grammar: What may stand on it.
        tokens: It, without the program, its own flags before the first task, and what follows ``--``.
        rest: What follows ``--``.

    Raises:
        UsageError: A flag or an argument is unknown, lacks its value, or is given once too often.
    """
    reader = _CommandLineReader(grammar, deque(tokens))
    reader.read()
    reader.read_rest(rest)
    return reader.read_so_far


def dotted(tokens: Sequence[str], names: Collection[str]) -> list[str]:
    """A command line whose first task is written as one word: ``ci github`` is ``ci.github``.

    Args:
        tokens: It, without the program and its own flags before the first task.
        names: Of all tasks.
    """
    if len(tokens) > 1 and tokens[0] not in names and (name := ".".join(tokens[:2])) in names:
        return [name, *tokens[2:]]
    return list(tokens)


@dataclass
class _CommandLineReader:
    grammar: Grammar
    left: deque[str]
    read_so_far: list[str] = field(default_factory=list)
    verb: ParserContext | None = None
    unfilled: deque[Argument] = field(default_factory=deque)
    seen: list[Argument] = field(default_factory=list)

    def read(self) -> None:
        while self.left:
            token = self.left.popleft()
            if self.verb is None:
                self._first(token)
            elif self.grammar.is_ours(self.verb):
                self._of_ours(self.verb, token)
            else:
                self._of_others(token)

    def read_rest(self, rest: Sequence[str]) -> None:
        """What follows ``--`` is never a flag; a task of somebody else's may do with it what it likes."""
        if self.verb is None or not self.grammar.is_ours(self.verb):
            return
        for token in rest:
            self._argument(self.verb, token, is_plain=True)

    def _first(self, token: str) -> None:
        if token not in self.grammar.contexts:
            what = "flag" if _is_flag(token) else "task"
            members = sorted(name for name in self.grammar.names if name.startswith(f"{token}."))
            meant = f"; there are {', '.join(members)}" if members else near(token, self.grammar.names)
            raise UsageError(
                f"there is no {what} {token}{meant}",
                remedy=f"see `{self.grammar.program} --list`; the flags of a task follow its name",
            )
        self._enter(token)

    def _enter(self, name: str) -> None:
        self.verb = self.grammar.contexts[name]
        self.unfilled = deque(self.verb.positional_args)
        self.seen.clear()
        self.read_so_far.append(name)

    def _of_others(self, token: str) -> None:
        """Follow what invoke makes of it, and leave it as it is."""
        if not _is_flag(token) and not self.unfilled and token in self.grammar.contexts:
            self._enter(token)
            return
        found = self._known(token.partition("=")[0])
        self.read_so_far.append(token)
        if found and found.takes_value and not found.optional and "=" not in token and self.left:
            self.read_so_far.append(self.left.popleft())
        elif not found and self.unfilled:
            self.unfilled.popleft()

    def _of_ours(self, verb: ParserContext, token: str) -> None:
        if not _is_flag(token):
            self._argument(verb, token)
            return
        flag, equals, value = token.partition("=")
        if flag in verb.flags:
            self._flag(verb, flag, value if equals else None)
        elif token in verb.inverse_flags:
            self.read_so_far.append(token)
        elif flag in self.grammar.core.flags:
            self._core_flag(flag, token)
        elif _is_cluster(flag):
            self._cluster(token)
        else:
            raise self._unknown(verb, flag)

    def _argument(self, verb: ParserContext, token: str, *, is_plain: bool = False) -> None:
        if self.unfilled:
            filled = self.unfilled.popleft()
            self.seen.append(filled)
            self.read_so_far.append(f"--{filled.names[0]}={token}")
        elif token in self.grammar.contexts and not is_plain:
            self._enter(token)
        else:
            meant = near(token, self.grammar.names) if not is_plain else ""
            raise UsageError(f"{verb.name} takes no argument {token!r}{meant}", remedy=self._help(verb))

    def _flag(self, verb: ParserContext, flag: str, value: str | None) -> None:
        found = verb.flags[flag]
        if found.takes_value and found.kind is not list and found in self.seen:
            raise UsageError(f"{flag} is given twice", remedy="give it once")
        self.seen.append(found)
        if found in self.unfilled:
            self.unfilled.remove(found)
        if not found.takes_value:
            self._switch(flag, value)
        elif value is None and found.optional:
            self.read_so_far.append(f"{flag}={self._yes_or_no()}")
        else:
            self.read_so_far.append(f"{flag}={self._value(flag) if value is None else value}")

    def _cluster(self, token: str) -> None:
        """Flags of one letter in one word, ``-vR``, or one with its value, ``-fFILE``."""
        known = self._known(token[:2])
        parts = [token[:2], token[2:]] if known and known.takes_value else [f"-{letter}" for letter in token[1:]]
        self.left.extendleft(reversed(parts))

    def _switch(self, flag: str, value: str | None) -> None:
        if value is not None:
            raise UsageError(f"{flag} takes no value, and was given {value!r}", remedy=f"write {flag} alone")
        self.read_so_far.append(flag)

    def _yes_or_no(self) -> str:
        """The next word if it can be nothing else; whether it is an answer is judged with all other values."""
        if not self.left or _is_flag(self.left[0]) or self.left[0] in self.grammar.contexts:
            return "yes"
        return "yes" if self.unfilled and not is_bool(self.left[0]) else self.left.popleft()

    def _value(self, flag: str) -> str:
        if not self.left:
            raise UsageError(f"{flag} needs a value", remedy=f"write {flag}=VALUE")
        value = self.left.popleft()
        if _is_flag(value):
            raise UsageError(
                f"{flag} needs a value, and {value!r} looks like another flag",
                remedy=f"write {flag}=VALUE; that way a value may begin with a dash",
            )
        return value

    def _core_flag(self, flag: str, token: str) -> None:
        found = self.grammar.core.flags[flag]
        if not found.takes_value or found.optional or flag != token:
            self.read_so_far.append(token)
            return
        value = self._value(flag)
        if found.kind is int and not value.isdecimal():
            raise UsageError(f"{flag} takes a number, and was given {value!r}", remedy=f"write {flag}=NUMBER")
        self.read_so_far.append(f"{flag}={value}")

    def _known(self, flag: str) -> Argument | None:
        for context in filter(None, (self.verb, self.grammar.core)):
            if flag in context.flags:
                known: Argument = context.flags[flag]
                return known
        return None

    def _unknown(self, verb: ParserContext, flag: str) -> UsageError:
        known = [name for name in verb.flag_names() if name.startswith("--")]
        return UsageError(f"{verb.name} has no flag {flag}{near(flag, known)}", remedy=self._help(verb))

    def _help(self, verb: ParserContext) -> str:
        return f"see `{self.grammar.program} --help {verb.name}`"


def _is_flag(word: str) -> bool:
    return len(word) > 1 and word.startswith("-")


def _is_cluster(flag: str) -> bool:
    """Whether it is several flags of one letter: ``-vR``."""
    return not flag.startswith("--") and len(flag) > len("-v")


def near(word: str, known: Iterable[str]) -> str:
    """A question after the known word that is nearest to one that is not known; empty if none is near."""
    # The dashes that all flags share make none of them alike.
    by_name = {each.lstrip("-"): each for each in known}
    return did_you_mean(by_name.get(nearest(word.lstrip("-"), by_name, _SIMILAR), ""))
