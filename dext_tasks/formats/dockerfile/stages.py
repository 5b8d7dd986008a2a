"""Stages and their labels, with every variable replaced.

Follows https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/convert.go
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from dext_tasks.errors import ReferenceInvalidError
from dext_tasks.formats.dockerfile import arguments, pairs
from dext_tasks.formats.dockerfile.environment import Environment, GlobalArguments
from dext_tasks.formats.dockerfile.refusals import DockerfileRefusedError, RefusalError, located, quoted
from dext_tasks.formats.dockerfile.shellwords import ShellLexer
from dext_tasks.formats.dockerfile.substitution import Expansion
from dext_tasks.formats.oci.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dext_tasks.formats.dockerfile.heredocs import Body, Heredoc
    from dext_tasks.formats.dockerfile.instructions import Instruction


def escaped_variables(word: str, escape: str) -> frozenset[str]:
    r"""Names of the variables whose ``$`` is escaped, as in ``"\$HOME"``.

    Between single quotes nothing is replaced either, but there it is as likely a mistake as it is meant.

    Args:
        word: As written, with its quotes and escapes.
        escape: The escape character, ``\`` or `````.
    """
    names: set[str] = set()
    at, is_quoted = 0, False
    while escape in word[at:] and (found := _pattern(escape).search(word, at)):
        at = found.end()
        if found["quote"] == '"':
            is_quoted = not is_quoted
        elif found["quote"] and not is_quoted:
            # Nothing is special up to the next one.
            at = word.find("'", at) + 1 or len(word)
        elif found["name"]:
            names.add(found["name"])
    return frozenset(names)


@cache
def _pattern(escape: str) -> re.Pattern[str]:
    mark = re.escape(escape)
    return re.compile(rf"{mark}(?:\$\{{?(?P<name>[A-Za-z_]\w*)|.)|(?P<quote>['\"])", re.ASCII | re.DOTALL)


SCRATCH = "scratch"
# What changes files, or what a container starts.
_STEPS = frozenset({"ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "WORKDIR"})
# Of whatever escape character the file has: ``lex := shell.NewLex('\\')`` in dispatch of convert.go.
_TEXT_LEXER = ShellLexer(plain_quotes=True)


# What takes variables; of RUN it is the shell that replaces them. ENTRYPOINT, CMD and HEALTHCHECK are for later.
_USING = frozenset({"ADD", "COPY", "ENV", "EXPOSE", "RUN", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR", "ARG"})
_USE = re.compile(r"(?<![\\$])\$\{?([A-Za-z_]\w*)", re.ASCII)
# Variables of the shell's own: NAME=…, `for NAME in`, `read NAME`.
_OWN = re.compile(r"(?:^|[\s;&|(])([A-Za-z_]\w*)=|\b(?:for|read)\s+(?:-\w+\s+)*([A-Za-z_]\w*)", re.ASCII)
# RUN has these without any ARG: https://docs.docker.com/reference/dockerfile/#predefined-args
_PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"})


@dataclass(frozen=True)
class Label:
    """A label as an instruction sets it.

    Attributes:
        key: Its key, expanded.
        value: Its value, expanded.
        line: 1-based number of the physical line on which the key stands.
        stage: Index of the stage that gets it.
        unresolved: Names of variables that went into the value without having one.
        unknown: Those of them that a build may give a value: arguments, and what a base image may set. All others
            are empty for certain.
        escaped: Names of variables that are in the value literally, as their ``$`` is escaped.
        unrepeated: Those of the unresolved that an ARG before the first FROM declares, and none of the stage.
    """

    key: str
    value: str
    line: int
    stage: int
    unresolved: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    escaped: frozenset[str] = frozenset()
    unrepeated: tuple[str, ...] = ()


@dataclass(frozen=True)
class Written:
    """A file that a heredoc makes.

    Attributes:
        name: Its name, where the destination is a folder.
        content: What it says, variables replaced.
        line: 1-based number of its first line.
    """

    name: str
    content: Expansion
    line: int


@dataclass(frozen=True)
class StageStep:
    """An instruction that changes files, or what is started, as it is executed.

    Attributes:
        instruction: As it stands in the file; of an ONBUILD, what it triggers.
        words: Its words with variables replaced: of COPY and ADD the sources and then the destination, of WORKDIR
            the folder, of others none.
        written: What its heredocs make.
    """

    instruction: Instruction
    words: tuple[Expansion, ...] = ()
    written: tuple[Written, ...] = ()


@dataclass(frozen=True)
class Override:
    """An automatic platform argument that is given another value than BuildKit's.

    Attributes:
        name: Of the argument.
        value: What it is set to; empty if nothing is.
        automatic: What it would be.
        line: 1-based number of the line that sets it.
    """

    name: str
    value: str
    automatic: str
    line: int

    def is_replaced_by(self, instruction: Instruction) -> bool:
        """Whether an instruction sets the argument again."""
        is_setting = instruction.keyword in {"ARG", "ENV"}
        return is_setting and bool(re.search(rf"(?:^|\s){self.name}(?:[=\s]|$)", instruction.text))

    def is_in(self, instruction: Instruction) -> bool:
        """Whether an instruction names the argument, other than to declare it."""
        if instruction.keyword in {"ARG", "ENV"}:
            return any(f"{mark}{self.name}" in instruction.text for mark in ("$", "${"))
        texts = (instruction.text, *instruction.flags, *(body.text for body in instruction.bodies))
        return any(re.search(rf"\b{self.name}\b", text) for text in texts)


@dataclass(frozen=True)
class Unrepeated:
    """A use of an argument in a stage that does not declare it, as it stands before the first FROM or is automatic.

    https://docs.docker.com/reference/dockerfile/#understand-how-arg-and-from-interact

    Attributes:
        name: Of the argument.
        keyword: Of the instruction that uses it.
        line: 1-based number of that instruction's line.
    """

    name: str
    keyword: str
    line: int


@dataclass(frozen=True)
class Stage:
    """A stage: a FROM and what follows it.

    Attributes:
        index: Its place in the file, from 0.
        name: In lower case, empty when it has none.
        base: What it is built on, expanded: an image, ``scratch``, or the name of an earlier stage.
        platform: The value of ``--platform``, expanded, empty when there is none.
        line: 1-based number of the FROM's line.
        parent: Index of the stage it is built on, nothing when the base is an image.
        instructions: Those between this FROM and the next.
        labels: All that it sets itself, in order and with duplicates, those of ONBUILD triggers first.
        fault: Why BuildKit could not build it; a stage that is not needed may have one.
        steps: What it does beside setting variables and labels, in order, ONBUILD triggers of its base first.
        search_path: Value of PATH at its end; nothing where the base image decides.
        overrides: Where it changes automatic platform arguments.
        unrepeated: Where it uses arguments that it does not declare, labels left out.
    """

    index: int
    name: str
    base: str
    platform: str
    line: int
    parent: int | None
    instructions: tuple[Instruction, ...]
    labels: tuple[Label, ...]
    fault: DockerfileRefusedError | None = None
    steps: tuple[StageStep, ...] = ()
    search_path: Expansion | None = None
    overrides: tuple[Override, ...] = ()
    unrepeated: tuple[Unrepeated, ...] = ()


class Evaluator:
    """Turns instructions into stages, in the order of the file."""

    def __init__(self, scope: GlobalArguments, escape: str) -> None:
        self._scope = scope
        self._lexer = ShellLexer(escape)
        self._environments: list[Environment] = []
        self._triggers: list[list[Instruction]] = []
        self._named: dict[str, int] = {}
        self.stages: list[Stage] = []
        self.overrides: list[Override] = []

    def declare(self, instruction: Instruction) -> None:
        """Take an ARG before the first FROM.

        Raises:
            DockerfileRefusedError: The default cannot be expanded.
        """
        with located(instruction.line):
            for pair in pairs.arguments(instruction.text, instruction.escape):
                value = self._scope.given(pair.key)
                if value is None and pair.value is not None:
                    value = self._lexer.expand(pair.value, self._scope.get, self._scope.knows)
                    value = _awaiting(pair.key, value)
                self._scope.declare(pair.key, value)
                automatic = self._scope.automatic(pair.key)
                if value is not None and automatic is not None and value.text != automatic:
                    self.overrides.append(Override(pair.key, value.text, automatic, instruction.line))

    def build(self, opening: Instruction, body: tuple[Instruction, ...]) -> None:
        """Take a FROM and the instructions of its stage.

        Raises:
            DockerfileRefusedError: The FROM is refused.
        """
        with located(opening.line):
            written, name = arguments.stage_of(opening)
            base = self._base(written)
            parent = self._parent(base)
            platform = self._platform(opening.flag("platform"))
        index = len(self.stages)
        triggers = [] if parent is None else self._triggers[parent]
        run = _StageRun(index, self._lexer, self._scope, self._environment(base, parent))
        fault = run.all(opening, triggers, body)
        self._environments.append(run.environment)
        self._triggers.append([entry.trigger for entry in body if entry.keyword == "ONBUILD"])
        if name:
            self._named[name] = index
        self.stages.append(
            Stage(
                index=index,
                name=name,
                base=base,
                platform=platform,
                line=opening.line,
                parent=parent,
                instructions=body,
                labels=tuple(run.labels),
                fault=fault,
                steps=tuple(run.steps),
                search_path=run.environment.get("PATH"),
                overrides=tuple(run.overrides),
                unrepeated=tuple(run.unrepeated),
            )
        )

    def _base(self, written: str) -> str:
        base = self._lexer.expand(written, self._scope.get).text
        if not base:
            raise RefusalError(
                f"base name ({written}) should not be blank",
                remedy="give the ARG a default before the first FROM, or pass it with --build-arg",
            )
        return base

    def _parent(self, base: str) -> int | None:
        # Names are compared with the base as written: FROM Builder does not find AS Builder.
        parent = self._named.get(base)
        if parent is None and base != SCRATCH:
            _require_reference(base)
        return parent

    def _platform(self, written: str) -> str:
        platform = self._lexer.expand(written, self._scope.get).text
        if written and not platform:
            raise RefusalError(
                f"empty platform value from expression {written}",
                remedy="use a predefined argument such as $BUILDPLATFORM, or declare the ARG before the first FROM",
            )
        return platform

    def _environment(self, base: str, parent: int | None) -> Environment:
        if parent is not None:
            return self._environments[parent].child()
        return Environment.of_scratch() if base == SCRATCH else Environment()


class _StageRun:
    """The instructions of one stage, executed for its variables and labels."""

    def __init__(self, index: int, lexer: ShellLexer, scope: GlobalArguments, environment: Environment) -> None:
        self._index = index
        self._lexer = lexer
        self._scope = scope
        self.environment = environment
        self.labels: list[Label] = []
        self.steps: list[StageStep] = []
        self.overrides: list[Override] = []
        # In order, each once.
        self.unrepeated: dict[Unrepeated, None] = {}

    def all(
        self, opening: Instruction, triggers: list[Instruction], body: tuple[Instruction, ...]
    ) -> DockerfileRefusedError | None:
        """Execute triggers and instructions up to the first that is refused."""
        try:
            for trigger in triggers:
                with located(opening.line):
                    arguments.require_valid(trigger)
            for instruction in (*triggers, *body):
                with located(instruction.line, instruction.line_at):
                    self._execute(instruction)
        except DockerfileRefusedError as fault:
            return fault
        return None

    def _execute(self, instruction: Instruction) -> None:
        if instruction.keyword != "LABEL":
            for name in self._lacking(_names_in(instruction)):
                self.unrepeated[Unrepeated(name, instruction.keyword, instruction.line)] = None
        match instruction.keyword:
            case "ARG":
                self._declare(instruction)
            case "ENV":
                for pair, key, value in self._pairs(instruction):
                    self.environment.export(key, value)
                    self._compare(key, instruction.line_at(pair.offset))
            case "LABEL":
                self.labels += [
                    self._label(instruction, pair, key, value) for pair, key, value in self._pairs(instruction)
                ]
            case _:
                words = tuple(self._expand(word) for word in arguments.expandable(instruction))
                if instruction.keyword in _STEPS:
                    self.steps.append(StageStep(instruction, words, self._written(instruction)))

    def _written(self, instruction: Instruction) -> tuple[Written, ...]:
        if instruction.keyword == "RUN" or not instruction.bodies:
            return ()
        found = zip(arguments.heredocs_of(instruction), instruction.bodies, strict=False)
        return tuple(Written(heredoc.name, self._content(heredoc, body), body.line) for heredoc, body in found)

    def _content(self, heredoc: Heredoc, body: Body) -> Expansion:
        if heredoc.is_literal:
            return Expansion(body.text)
        return _TEXT_LEXER.expand(body.text, self.environment.get, self.environment.may_be_given)

    def _compare(self, name: str, line: int) -> None:
        automatic, value = self._scope.automatic(name), self.environment.get(name)
        if automatic is not None and value is not None and value.text != automatic:
            self.overrides.append(Override(name, value.text, automatic, line))

    def _lacking(self, names: Iterable[str]) -> list[str]:
        """Those that an ARG before the first FROM declares, or that are automatic, and nothing in this stage."""
        return [name for name in names if self._scope.knows(name) and self.environment.lacks(name)]

    def _label(self, instruction: Instruction, pair: pairs.Pair, key: str, value: Expansion) -> Label:
        # A string may be meant to do without a variable; where nothing is left of it, the build is to fill it.
        filled = () if value.text.strip() else tuple(filter(self.environment.may_be_given, value.optional))
        unresolved = tuple(dict.fromkeys(value.unresolved + filled))
        return Label(
            key,
            value.text,
            instruction.line_at(pair.offset),
            self._index,
            unresolved,
            unknown=tuple(filter(self.environment.may_be_given, unresolved)),
            escaped=escaped_variables(pair.value or "", instruction.escape),
            unrepeated=tuple(self._lacking(unresolved)),
        )

    def _pairs(self, instruction: Instruction) -> list[tuple[pairs.Pair, str, Expansion]]:
        # All of them before any is set: variables keep the value they had before the instruction.
        expanded = []
        for pair in pairs.key_values(instruction.keyword, instruction.text, instruction.escape):
            line = instruction.line_at(pair.offset)
            with located(line):
                key = self._expand(pair.key)
                expanded.append((pair, key.text, self._expand(pair.value or "")))
        return expanded

    def _expand(self, word: str) -> Expansion:
        return self._lexer.expand(word, self.environment.get, self.environment.may_be_given)

    def _declare(self, instruction: Instruction) -> None:
        for pair in pairs.arguments(instruction.text, instruction.escape):
            value = self._scope.given(pair.key)
            if value is None and pair.value is not None:
                value = _awaiting(pair.key, self._expand(pair.value))
            elif value is None:
                value = self._scope.get(pair.key)
            if value is None or pair.key in value.unresolved:
                self.environment.await_value(pair.key)
            if value is not None:
                self.environment.declare(pair.key, value)
                self._compare(pair.key, instruction.line_at(pair.offset))


def _names_in(instruction: Instruction) -> list[str]:
    """Names of the variables that an instruction uses, in order, those of a shell's own left out."""
    if instruction.keyword not in _USING:
        return []
    texts = (instruction.text, *instruction.flags, *(body.text for body in instruction.bodies))
    used = dict.fromkeys(found[1] for text in texts for found in _USE.finditer(text))
    if instruction.keyword != "RUN":
        return list(used)
    own = {name for text in texts for found in _OWN.finditer(text) for name in found.groups()}
    return [name for name in used if name not in own and name.upper() not in _PROXIES]


def _awaiting(name: str, default: Expansion) -> Expansion:
    """The default of an argument; an empty one stands for a value that is still to be given."""
    return default if default.text or default.unresolved else Expansion("", (name,))


def _require_reference(base: str) -> None:
    try:
        Reference.parse(base)
    except ReferenceInvalidError as error:
        raise RefusalError(
            f"failed to parse stage name {quoted(base)}: invalid reference format",
            remedy="name an image or an earlier stage; stages are called by their name in lower case",
        ) from error
