"""From instructions to stages: what each one makes of the environment, the labels and the steps of its stage.

Follows https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/convert.go
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from dext_tasks.errors import ReferenceInvalidError
from dext_tasks.formats.dockerfile import SCRATCH, arguments
from dext_tasks.formats.dockerfile.environment import Environment, GlobalArguments
from dext_tasks.formats.dockerfile.refusals import DockerfileRefusedError, RefusalError, located, quoted
from dext_tasks.formats.dockerfile.shellwords import ShellLexer
from dext_tasks.formats.dockerfile.stages import Label, Override, Stage, StageStep, Unrepeated, Written
from dext_tasks.formats.dockerfile.substitution import Expansion
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dext_tasks.formats.dockerfile.heredocs import Body, Heredoc
    from dext_tasks.formats.dockerfile.instructions import Instruction
    from dext_tasks.formats.dockerfile.pairs import Pair


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


# What changes files, or what a container starts.
_STEPS = frozenset({"ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "WORKDIR"})
# Of whatever escape character the file has: ``lex := shell.NewLex('\\')`` in dispatch of convert.go.
_TEXT_LEXER = ShellLexer(plain_quotes=True)
# What takes variables; of RUN it is the shell that replaces them. ENTRYPOINT, CMD and HEALTHCHECK are for later.
_USING = frozenset({"ADD", "COPY", "ENV", "EXPOSE", "RUN", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR", "ARG"})
_USE = regex(r"(?<![\\$])\$\{?([A-Za-z_]\w*)", re.ASCII)
# Variables of the shell's own: NAME=…, `for NAME in`, `read NAME`.
_OWN = regex(r"(?:^|[\s;&|(])([A-Za-z_]\w*)=|\b(?:for|read)\s+(?:-\w+\s+)*([A-Za-z_]\w*)", re.ASCII)
# RUN has these without any ARG: https://docs.docker.com/reference/dockerfile/#predefined-args
_PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"})


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
            for pair in instruction.pairs:
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

    def _label(self, instruction: Instruction, pair: Pair, key: str, value: Expansion) -> Label:
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

    def _pairs(self, instruction: Instruction) -> list[tuple[Pair, str, Expansion]]:
        # All of them before any is set: variables keep the value they had before the instruction.
        expanded = []
        for pair in instruction.pairs:
            line = instruction.line_at(pair.offset)
            with located(line):
                key = self._expand(pair.key)
                expanded.append((pair, key.text, self._expand(pair.value or "")))
        return expanded

    def _expand(self, word: str) -> Expansion:
        return self._lexer.expand(word, self.environment.get, self.environment.may_be_given)

    def _declare(self, instruction: Instruction) -> None:
        for pair in instruction.pairs:
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
    used = dict.fromkeys(found[1] for text in texts if "$" in text for found in _USE.finditer(text))
    if not used:
        return []
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
