"""What every verb has in common: flags, settings, signals, and errors that become exit codes."""

from __future__ import annotations

import inspect
import os
import sys
import traceback
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invoke.exceptions import Exit

from dext_tasks.config.kind import BOOL, is_bool, is_true
from dext_tasks.config.settings import OPTIONS, Option
from dext_tasks.console.output import Output
from dext_tasks.console.pipeline import require_known
from dext_tasks.errors import (
    DextError,
    FileAccessError,
    InternalError,
    ProjectNotFoundError,
    UsageError,
    file_access,
)
from dext_tasks.runtime.cancellation import Cancellation, interrupted
from dext_tasks.runtime.signals import Signals
from dext_tasks.systems import require_posix
from dext_tasks.tasks.task import Verb

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from invoke.context import Context

    from dext_tasks.tasks.run import Run


_BY_NAME = {option.name: option for option in OPTIONS}
_HELP = {
    "path": "folder of the extension, the current one if not given",
    "json": "print one JSON document on standard output",
    "verbose": "show details and each call of docker, git and registries; -vv also shows what was decided and why",
    "dry_run": "show what would be done and change nothing (--dry means the same)",
}
_DEBUG = "DEXT_DEBUG"
_FULL = "full"
# What Python callers may give for arguments that are not settings, by annotation, and how it is called.
_TYPES: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    "bool": (bool, "True or False"),
    "bool | str": ((bool, str), "True, False or a text"),
    "int": (int, "a number"),
    "str": (str, "text"),
    "str | os.PathLike[str]": ((str, os.PathLike), "a path"),
    "Sequence[str]": ((list, tuple), "a list of strings"),
}


def verb(  # noqa: PLR0913 - a keyword each
    *,
    options: Sequence[str] = (),
    help: Mapping[str, str] | None = None,  # noqa: A002 - invoke's term
    name: str | None = None,
    positional: Sequence[str] = (),
    repeated: Mapping[str, str] | None = None,
    switches: Sequence[str] = (),
    changes: bool = False,
    rehearses: bool = False,
    needs_posix: bool = False,
    example: str = "",
) -> Callable[[Callable[..., None]], Verb]:
    """Make an invoke task of a function that takes a Run and its own flags.

    Args:
        options: Names of settings that this verb takes as flags.
        help: Help of the function's own flags.
        name: Name of the task, if not the function's.
        positional: Its arguments that take no dashes.
        repeated: The function's own flags that are given once a value, each with what stands for one.
        switches: The function's own flags that mean yes where they stand alone, and take yes or no.
        changes: Whether it changes anything, and therefore has a dry run.
        rehearses: Whether it has a full one, too.
        needs_posix: Whether all of it needs an engine, so that Windows itself does not run it.
        example: What follows its name in an example.
    """

    def make(function: Callable[..., None]) -> Verb:
        taken = [_BY_NAME[option] for option in options]
        called = _boundary(function, taken, changes=changes, rehearses=rehearses, needs_posix=needs_posix)
        common = {name: text for name, text in _HELP.items() if changes or name != "dry_run"}
        texts = {option.parameter: _told(option) for option in taken} | common | dict(help or {})
        return Verb(
            called,
            name=name or function.__name__,
            positional=list(positional),
            auto_shortflags=False,
            help={key.replace("_", "-"): text for key, text in texts.items()},
            example=example,
            forms={option.parameter: option.kind.flag_form for option in taken}
            | dict(repeated or {})
            | dict.fromkeys(switches, BOOL.flag_form),
            repeated=dict.fromkeys(repeated or (), "")
            | {option.parameter: option.plural for option in taken if option.repeated},
            # `--strict` alone means yes, and `--strict=no` takes it back where a file says yes.
            optional=[
                *(option.parameter for option in taken if option.kind is BOOL),
                *switches,
                *(("dry_run",) if rehearses else ()),
            ],
            incrementable=["verbose"],
        )

    return make


def _told(option: Option) -> str:
    return f"{option.help} (repeatable)" if option.repeated else option.help


def _boundary(
    function: Callable[..., None], options: Sequence[Option], *, changes: bool, rehearses: bool, needs_posix: bool
) -> Callable[..., None]:
    own = {each.name: each for each in list(inspect.signature(function).parameters.values())[1:]}
    dry_run = [_DRY_OR_FULL if rehearses else _DRY] if changes else []
    signature = inspect.Signature([*_parameters(list(own.values()), options), *dry_run])

    @wraps(function)
    def called(c: Context, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - invoke's parser, or a caller
        from dext_tasks.console.log import log_lines
        from dext_tasks.tasks.invoked import is_dry, named_file, strays
        from dext_tasks.tasks.run import Run

        given = _bound(function.__name__, signature, options, (c, *args), kwargs)
        output = Output.of(os.environ, as_json=given["json"], verbose=given["verbose"] > 0)
        folder = Path(given["path"] or ".")
        cancellation = Cancellation()

        def work() -> None:
            require_known(os.environ)
            if needs_posix:
                require_posix("this verb")
            words = _worded({name: given[name] for name in ("path", *own)})
            path = words.pop("path")
            is_asked, is_full = _dryness(given.get("dry_run"))
            flags = {option.name: given[option.parameter] for option in options}
            run = Run(
                folder=folder,
                environment=os.environ,
                output=output,
                cancellation=cancellation,
                flags={name: value for name, value in flags.items() if value is not None},
                is_named=bool(path),
                dry_run=changes and (is_asked or is_dry(c, os.environ)),
                full=is_full,
                named=named_file(c),
                strays=strays(c),
            )
            function(_dried(run) if changes else run, **words)

        with Signals(cancellation, lambda: _tell_end(output)), log_lines(output, given["verbose"]):
            _guarded(work, output, folder)

    called.__signature__ = signature  # type: ignore[attr-defined]  # read by inspect
    return called


def _dryness(given: bool | str | None) -> tuple[bool, bool]:
    """Whether a run is to be dry, and whether that is a full one."""
    if given == _FULL:
        return True, True
    if isinstance(given, str):
        if not is_bool(given):
            raise UsageError(f"--dry-run is {given!r}", remedy=f"write --dry-run, or --dry-run={_FULL}")
        return is_true(given), False
    return bool(given), False


def _tell_end(output: Output) -> None:
    output.say("interrupted; cleaning up, this takes a few seconds", style="yellow")


def _bound(
    name: str,
    signature: inspect.Signature,
    options: Sequence[Option],
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
) -> dict[str, Any]:
    """Every argument of a call by its name; as pre-task, default task or function only those given arrive.

    Upstream: https://github.com/pyinvoke/invoke/blob/main/invoke/executor.py (execute, normalize)

    Raises:
        Exit: The call does not fit the signature; said on standard error, and as a document where one is asked for.
    """
    given: dict[str, Any] = {}
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        why = _unknown_keyword(kwargs, signature) or str(error)
    else:
        bound.apply_defaults()
        given = dict(list(bound.arguments.items())[1:])
        # Those of settings are judged with the settings.
        own = signature.parameters.keys() - {option.parameter for option in options}
        why = _wrong_type(given, [each for each in signature.parameters.values() if each.name in own])
    if why:
        raise misfit(name, why, list(signature.parameters)[1:], as_json=kwargs.get("json") is True)
    return given


def misfit(name: str, why: str, taken: Sequence[str], *, as_json: bool) -> Exit:
    """Tell of a call that does not fit; what then ends the task that made it.

    Args:
        name: The verb.
        why: What is wrong.
        taken: The arguments it takes.
        as_json: Whether a document is asked for.
    """
    error = UsageError(f"`{name}` cannot be called like this: {why}", remedy=f"it takes {', '.join(taken)}")
    Output.of(os.environ, as_json=as_json).error(error)
    return Exit(code=error.exit_code)


def _unknown_keyword(kwargs: Mapping[str, object], signature: inspect.Signature) -> str:
    """The message about a keyword that is not an argument; empty if there is none."""
    unknown = next((name for name in kwargs if name not in signature.parameters), "")
    if not unknown:
        return ""
    from dext_tasks.tasks.command_line import near
    from dext_tasks.wording import did_you_mean

    # The name of a setting is often longer than that of its flag, or its plural.
    flag = next((option.parameter for option in OPTIONS if option.name == unknown), "")
    meant = did_you_mean(flag) if flag in signature.parameters else near(unknown, signature.parameters)
    return f"there is no argument {unknown}{meant}"


def _wrong_type(given: Mapping[str, object], parameters: Sequence[inspect.Parameter]) -> str:
    """The message about a value that no command line would give; empty if there is none."""
    for each in parameters:
        value, wanted = given.get(each.name), _TYPES.get(str(each.annotation))
        if value is not None and wanted and not isinstance(value, wanted[0]):
            return f"{each.name} is {value!r}, and must be {wanted[1]}"
    return ""


def _dried(run: Run) -> Run:
    """The same, dry where the project says so."""
    from dataclasses import replace

    from dext_tasks.tasks.invoked import is_dry_project

    try:
        return replace(run, dry_run=run.dry_run or is_dry_project(run.root))
    except ProjectNotFoundError:
        return run


_KEYWORD = inspect.Parameter.POSITIONAL_OR_KEYWORD
_DRY = inspect.Parameter("dry_run", _KEYWORD, default=False, annotation="bool")
# Invoke gives a flag a value only if its default is none of a boolean.
_DRY_OR_FULL = _DRY.replace(default=None, annotation="bool | str")


def _parameters(own: Sequence[inspect.Parameter], options: Sequence[Option]) -> list[inspect.Parameter]:
    context = inspect.Parameter("c", _KEYWORD, annotation="Context")
    shared = [
        inspect.Parameter(option.parameter, _KEYWORD, default=None, annotation=option.kind.annotation)
        for option in options
    ]
    path = inspect.Parameter("path", _KEYWORD, default=None, annotation="str | os.PathLike[str]")
    verbose = inspect.Parameter("verbose", _KEYWORD, default=0, annotation="int")
    json = inspect.Parameter("json", _KEYWORD, default=False, annotation="bool")
    return [context, *map(_unset, own), *shared, path, json, verbose]


def _unset(parameter: inspect.Parameter) -> inspect.Parameter:
    # Its default would look the same as an empty text that was given.
    return parameter.replace(default=None) if parameter.default in ("", ()) else parameter


def _worded(given: Mapping[str, Any]) -> dict[str, Any]:
    """A verb's own arguments: text that was not given is empty, and text that was given is not.

    Raises:
        UsageError: One is empty, as where a script's variable is not set.
    """
    for name, value in given.items():
        if value == "":
            raise UsageError(f"--{name.replace('_', '-')} is empty", remedy="give it a value, or leave it out")
    return {name: "" if value is None else value for name, value in given.items()}


def _guarded(work: Callable[[], None], output: Output, folder: Path) -> None:
    try:
        work()
        output.require_written()
    except DextError as error:
        output.error(error, folder)
        raise Exit(code=error.exit_code) from None
    except KeyboardInterrupt:
        ended = interrupted()
        output.error(ended)
        raise Exit(code=ended.exit_code) from None
    except Exit:
        raise
    except Exception as defect:
        if os.environ.get(_DEBUG):
            raise
        told = _of_the_machine(defect) or _internal(defect)
        output.error(told)
        raise Exit(code=told.exit_code) from defect


def _of_the_machine(error: Exception) -> DextError | None:
    """What an error of the system says of this machine; None if it is a defect of ours."""
    if isinstance(error, FileNotFoundError) and _is_adrift():
        return FileAccessError(
            "the current folder no longer exists", remedy="change to one that exists; `cd` goes to your home folder"
        )
    return file_access(error) if isinstance(error, OSError) else None


def _is_adrift() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False


def _internal(defect: Exception) -> InternalError:
    last = traceback.extract_tb(defect.__traceback__)[-1]
    where = f"{Path(last.filename).name}:{last.lineno}"
    return InternalError(
        f"a defect of dext-tasks: {type(defect).__name__} at {where}",
        remedy=f"run it again with {_DEBUG}=1 and report the traceback (Python {sys.version.split()[0]})",
    )
