"""What BuildKit asks of each instruction's arguments before it looks at any value.

Follows https://github.com/moby/buildkit/blob/master/frontend/dockerfile/instructions/parse.go
Flags other than those of FROM, ENV and LABEL are not judged: each release of BuildKit knows more of them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dext_tasks.formats.dockerfile import heredocs, pairs
from dext_tasks.formats.dockerfile.refusals import RefusalError, located, quoted
from dext_tasks.formats.dockerfile.shellwords import BLANK_RUN, SPACES
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Callable

    from dext_tasks.formats.dockerfile.instructions import Instruction

_STAGE_NAME = regex(r"[a-z][a-z0-9._-]*")


def require_valid(instruction: Instruction) -> None:
    """Refuse what no value of any variable can correct.

    Raises:
        RefusalError: The keyword is unknown, or its arguments are too few or malformed.
    """
    rule = _RULES.get(instruction.keyword)
    if rule is None:
        raise RefusalError(
            f"unknown instruction: {quoted(instruction.keyword)}",
            remedy="correct the keyword, or end the line before with \\ if this one continues it",
        )
    rule(instruction)


def expandable(instruction: Instruction) -> list[str]:
    """The words of an instruction, other than ARG, ENV and LABEL, in which variables are replaced."""
    match instruction.keyword:
        case "WORKDIR" | "USER" | "STOPSIGNAL":
            return [instruction.text]
        case "EXPOSE":
            return _split(instruction.text)
        case "VOLUME":
            return _list(instruction)
        case "COPY" | "ADD":
            return [word for word in _list(instruction) if not heredocs.heredoc_of(word)]
    return []


def heredocs_of(instruction: Instruction) -> list[heredocs.Heredoc]:
    """The heredocs among the sources of a COPY or ADD, in the order of ``Instruction.bodies``."""
    return [found for word in _list(instruction) if (found := heredocs.heredoc_of(word))]


def command_of(instruction: Instruction) -> tuple[str, ...] | None:
    """The words of a RUN, CMD or ENTRYPOINT in JSON form; nothing where a shell is to read it."""
    array = _json(instruction.text)
    return None if array is None else tuple(array)


def stage_of(instruction: Instruction) -> tuple[str, str]:
    """Base, not yet expanded, and stage name of a FROM.

    Raises:
        RefusalError: There are not one or three arguments, or the name cannot be one.
    """
    match _split(instruction.text):
        case [base] if base:
            return base, ""
        case [base, keyword, name] if keyword.lower() == "as":
            if not _STAGE_NAME.fullmatch(name.lower()):
                raise RefusalError(
                    f"invalid name for build stage: {quoted(name)}, name can't start with a number or contain symbols",
                    remedy="start the name with a letter, then use letters, digits, - _ and .",
                )
            return base, name.lower()
    raise RefusalError("FROM requires either one or three arguments", remedy="write FROM IMAGE or FROM IMAGE AS NAME")


def _stage(instruction: Instruction) -> None:
    stage_of(instruction)
    _known_flags(instruction, "platform")


def _pairs(instruction: Instruction) -> None:
    _ = instruction.pairs
    _known_flags(instruction)


def _declarations(instruction: Instruction) -> None:
    _ = instruction.pairs


def _exactly_one(instruction: Instruction) -> None:
    if not instruction.text:
        raise _too_few(instruction, "exactly one argument")


def _at_least_one(instruction: Instruction) -> None:
    if not instruction.text:
        raise _too_few(instruction, "at least one argument")


def _source_and_destination(instruction: Instruction) -> None:
    if len(_list(instruction)) < 2:  # noqa: PLR2004 - one source, one destination
        raise _too_few(
            instruction,
            "at least two arguments, but only one was provided. Destination could not be determined",
        )


def _command(instruction: Instruction) -> None:
    _json(instruction.text)


def _volumes(instruction: Instruction) -> None:
    if not _list(instruction):
        raise _too_few(instruction, "at least one argument")


def _health(instruction: Instruction) -> None:
    _at_least_one(instruction)
    for command in BLANK_RUN.split(instruction.text, maxsplit=1)[1:]:
        _json(command)


def _shell(instruction: Instruction) -> None:
    _at_least_one(instruction)
    if not _json(instruction.text):
        raise RefusalError(
            "SHELL requires the arguments to be in JSON form", remedy='write SHELL ["executable", "parameter"]'
        )


def _trigger(instruction: Instruction) -> None:
    _at_least_one(instruction)
    trigger = instruction.trigger
    if trigger.keyword == "ONBUILD":
        raise RefusalError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", remedy="remove the second ONBUILD")
    if trigger.keyword in ("FROM", "MAINTAINER"):
        raise RefusalError(f"{trigger.keyword} isn't allowed as an ONBUILD trigger", remedy="remove the instruction")
    if trigger.keyword in ("ENV", "LABEL") and trigger.text:
        with located(trigger.line, trigger.line_at):
            pairs.key_values(trigger.keyword, trigger.text, instruction.escape)


def _list(instruction: Instruction) -> list[str]:
    array = _json(instruction.text)
    return _split(instruction.text) if array is None else array


def _split(text: str) -> list[str]:
    return BLANK_RUN.split(text) if text else []


def _json(text: str) -> list[str] | None:
    """The elements of a JSON array of strings, or nothing when the text is not a JSON array.

    Raises:
        RefusalError: It is one, with an element that is not a string.
    """
    if not text.lstrip(SPACES).startswith("["):
        return None
    try:
        array = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(element, str) for element in array):
        raise RefusalError(
            "when using JSON array syntax, arrays must be comprised of strings only",
            remedy="put each element between double quotes",
        )
    return list(array)


def _known_flags(instruction: Instruction, *known: str) -> None:
    seen: set[str] = set()
    for flag in instruction.flags:
        name, equals, _ = flag.removeprefix("--").partition("=")
        if name not in known:
            raise RefusalError(f"unknown flag: {name}", remedy=f"remove the flag {quoted(flag)}")
        if not equals:
            raise RefusalError(f"missing a value on flag: {name}", remedy=f"write --{name}=VALUE")
        if name in seen:
            raise RefusalError(f"duplicate flag specified: {name}", remedy=f"keep one --{name}")
        seen.add(name)


def _too_few(instruction: Instruction, what: str) -> RefusalError:
    return RefusalError(
        f"{instruction.keyword} requires {what}",
        remedy=f"complete the {instruction.keyword}, or remove the line",
    )


_RULES: dict[str, Callable[[Instruction], None]] = {
    "ADD": _source_and_destination,
    "ARG": _declarations,
    "CMD": _command,
    "COPY": _source_and_destination,
    "ENTRYPOINT": _command,
    "ENV": _pairs,
    "EXPOSE": _at_least_one,
    "FROM": _stage,
    "HEALTHCHECK": _health,
    "LABEL": _pairs,
    "MAINTAINER": _exactly_one,
    "ONBUILD": _trigger,
    "RUN": _command,
    "SHELL": _shell,
    "STOPSIGNAL": _exactly_one,
    "USER": _exactly_one,
    "VOLUME": _volumes,
    "WORKDIR": _exactly_one,
}
