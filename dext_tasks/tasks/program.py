"""An invoke program that knows our verbs: what it cannot parse ends as every other wrong usage does."""

from __future__ import annotations

import atexit
import gc
import inspect
import os
import sys
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.exceptions import Exit, ParseError
from invoke.parser import Parser
from invoke.parser.context import ParserContext
from invoke.program import Program

from dext_tasks.console.output import Output
from dext_tasks.console.pipe import Pipe
from dext_tasks.errors import ConfigError, DextError, FileAccessError, UsageError
from dext_tasks.tasks.task import Verb

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

    from invoke.collection import Collection

# What these are for are shell commands that a task runs by `c.run`, and our verbs run none.
# https://docs.pyinvoke.org/en/stable/invoke.html#core-options-and-flags
FOR_SHELL_COMMANDS = ("command-timeout", "echo", "hide", "prompt-for-sudo-password", "pty", "warn-only")
# Invoke's, which reads the first of them: https://docs.pyinvoke.org/en/stable/concepts/configuration.html#config-files
_SETTINGS = ("invoke.yaml", "invoke.yml", "invoke.json")
# Objects made before the collector looks at them: some MB. Loading modules makes thousands, all of which stay.
_MOST_YOUNG = 50_000


class VerbProgram(Program):
    """Invoke's program, where our verbs are among the tasks; all other tasks are as they were."""

    def parse_tasks(self) -> None:
        """Parse tasks and their flags, those of our verbs strictly."""
        if not self._ours():
            super().parse_tasks()
            return
        _collect_less()
        with self.reporting():
            self._make_normal()
            super().parse_tasks()
            self._require_sense()
        # Invoke has looked for it before the first task only.
        if self.args.version.value:
            with self.printing():
                self.print_version()
                raise Exit

    def _make_normal(self) -> None:
        """Write what is asked of our verbs as invoke's parser reads it without a guess."""
        rest = self._rest()
        if not (self.core.unparsed or rest):
            return
        from dext_tasks.tasks.command_line import Grammar, dotted, normal

        self.core.unparsed[:] = dotted(self.core.unparsed, self.collection.task_names)
        grammar = Grammar(self._called, self.initial_context, self._parser().contexts, self._ours())
        self.core.unparsed[:] = normal(grammar, self.core.unparsed, rest)

    def guard_settings(self) -> None:
        """Refuse settings of a project that invoke cannot read.

        It would wait for a pipe, and end with a traceback and 1, as a finding does, where the syntax is wrong.
        """
        locate, load = self.config.set_project_location, self.config.load_project
        folders: list[Path] = []

        def located(path: os.PathLike[str] | str | None) -> None:
            folders[:] = [Path(path)] if path is not None else []
            locate(path)

        def loaded(merge: bool = True) -> None:
            if not all(map(_is_plain, folders)):
                self._require_readable(folders)
            try:
                load(merge)
            except Exception:
                # Read once more only for the line and the words of what is wrong.
                self._require_readable(folders)
                raise

        # Not config.load_project = …, which invoke takes for a setting.
        object.__setattr__(self.config, "set_project_location", located)
        object.__setattr__(self.config, "load_project", loaded)

    def _require_readable(self, folders: Sequence[Path]) -> None:
        from dext_tasks.config.resolve import require_readable

        try:
            for folder in folders:
                require_readable(folder)
        except ConfigError as error:
            raise self.reported(error) from error

    def parse_cleanup(self) -> None:
        """Show help or lists, if they are asked for."""
        with self.reporting(), self.printing():
            super().parse_cleanup()

    def print_task_help(self, name: str) -> None:
        """Print help of a task."""
        task = self.collection[name]
        if not isinstance(task, Verb):
            super().print_task_help(name)
            return
        name = self.parser.contexts[name].name
        sys.stdout.write(f"Usage: {self._called} {name} {task.usage}\n\n")
        example = f"{self._called} {name} {task.example}".rstrip()
        sys.stdout.write(f"{inspect.getdoc(task)}\n\nExample:\n  {example}\n\nOptions:\n")
        self.print_columns(task.flags())

    @property
    def _called(self) -> str:
        # Invoke's own is called "inv[oke]", to say that it has two names.
        return self.binary.partition("[")[0]

    def _make_parser(self) -> Parser:
        parser = self._parser()
        # What is positional is found by `normal`, which takes no flag for it.
        for name in self._ours():
            parser.contexts[name].positional_args.clear()
        return parser

    def _parser(self) -> Parser:
        """Invoke's, in which our verbs are called by their short names, and those on the command line have flags."""
        parser = Parser(map(self._context, self.collection.task_names), self.initial_context)
        for name in self._ours():
            parser.contexts[name].name = name
        return parser

    def _context(self, name: str) -> ParserContext:
        task, others = self.collection[name], self.collection.task_names[name]
        words = {*self.core.unparsed, self.args.help.value}
        # Invoke makes the arguments of every task and copies them all, which takes longer than a list of tasks.
        is_meant = self.args.complete.value or not words.isdisjoint((name, *others)) or not isinstance(task, Verb)
        ignore = self.config.tasks.ignore_unknown_help
        return ParserContext(name, others, task.get_arguments(ignore_unknown_help=ignore) if is_meant else ())

    def _make_pairs(self, coll: Collection, ancestors: list[str] | None = None) -> list[tuple[str, str | None]]:
        """What `--list` lists; a verb that a collection is named after has one name."""
        pairs = super()._make_pairs(coll, ancestors)
        names = {}
        for name, inner in coll.collections.items():
            path = ".".join([*(ancestors or []), name])
            if _is_verb(inner, name):
                names[f"{path}.{name} ({path})"] = path
        return [(names.get(shown, shown), text) for shown, text in pairs]

    def _ours(self) -> frozenset[str]:
        """Names of our verbs, each the short one."""
        names: dict[str, list[str]] = self.collection.task_names
        return frozenset(_short(name, names[name]) for name in names if isinstance(self.collection[name], Verb))

    def _rest(self) -> list[str]:
        """What follows `--`; invoke keeps it as one string, in which a blank separates nothing."""
        if self.args.complete.value or "--" not in self.argv:
            return []
        return self.argv[self.argv.index("--") + 1 :]

    def _require_sense(self) -> None:
        called = [str(each.name) for each in self.tasks] or [str(self.collection.default)]
        file = self.args.config.value or os.environ.get("INVOKE_RUNTIME_CONFIG")
        if file and not Path(file).is_file() and not self._ours().isdisjoint(called):
            # Invoke goes on without: https://docs.pyinvoke.org/en/stable/concepts/configuration.html#config-hierarchy
            raise UsageError(
                f"there is no file of settings {file}",
                remedy="name one with --config or INVOKE_RUNTIME_CONFIG, or none",
            )
        given = [f"--{name}" for name in FOR_SHELL_COMMANDS if self.args[name].value]
        if given and self._ours().issuperset(called):
            raise UsageError(
                f"{given[0]} is for shell commands of a tasks.py, and means nothing to {', '.join(called)}",
                remedy="leave it out; a verb's own flags are shown by --help",
            )

    @contextmanager
    def reporting(self) -> Iterator[None]:
        """While the block parses, what is wrong with a command line ends the program as wrong usage does."""
        try:
            yield
        except UsageError as error:
            raise self.reported(error) from error
        except ParseError as error:
            if self._is_of_others(error):
                raise
            raise self.reported(UsageError(str(error), remedy=f"see `{self._called} --list`")) from error

    @contextmanager
    def printing(self) -> Iterator[None]:
        """While the block prints and ends the program: a reader that goes away is not a failure, a full disk is."""
        out = Pipe(sys.stdout)
        try:
            yield
        except BrokenPipeError:
            raise Exit from None
        except OSError as error:
            raise self._unwritten(error.strerror or str(error)) from error
        except Exit:
            out.flush()
            if out.fault:
                raise self._unwritten(out.fault) from None
            raise
        finally:
            # What is left would fail once more when the interpreter ends.
            out.flush()

    def _unwritten(self, why: str) -> Exit:
        return self.reported(
            FileAccessError(f"standard output cannot be written: {why}", remedy="give it a place with room")
        )

    def _is_of_others(self, error: ParseError) -> bool:
        name = error.context.name if error.context is not None else None
        return name is not None and name not in self._ours()

    def reported(self, error: DextError) -> Exit:
        """Tell of an error before any verb runs; what then ends the program."""
        Output.of(os.environ, as_json=_wants_json(self.argv)).error(error)
        return Exit(code=error.exit_code)


@cache
def _collect_less() -> None:
    # Modules are not garbage before the process ends, so the collector need not go through all of them again and
    # again while others are loaded: https://docs.python.org/3/library/gc.html#gc.freeze
    gc.freeze()
    gc.set_threshold(_MOST_YOUNG)
    # It looks once more when the interpreter ends, just before the system takes all of it.
    atexit.register(gc.freeze)


def host(module: ModuleType | None) -> None:
    """Let the program that ``inv`` is know our verbs, as soon as a tasks.py takes them in.

    Invoke has no other place to say what ends a run with which code: its ParseError always ends with 1, which is what
    a finding means here. https://github.com/pyinvoke/invoke/blob/main/invoke/program.py (Program.run)

    Args:
        module: ``invoke.main``, which is there only where ``inv`` runs; any other program stays what it is.
    """
    program = getattr(module, "program", None)
    if type(program) is Program:
        program.__class__ = VerbProgram
    if isinstance(program, VerbProgram):
        program.guard_settings()


def _is_plain(folder: Path) -> bool:
    """Whether no settings of a folder are anything that would be waited for."""
    return not any(os.path.lexists(file) and not file.is_file() for file in map(folder.joinpath, _SETTINGS))


def _short(name: str, others: Sequence[str]) -> str:
    """The name of a verb; of one that its collection is named after, as the release in ``a.release``, the collection's.

    Invoke calls it ``a.release.release``, for it is what the collection does by default:
    https://docs.pyinvoke.org/en/stable/concepts/namespaces.html#default-tasks

    Args:
        name: Invoke's name.
        others: Other names, of which the collection is one where it is a default.
    """
    outer, _, inner = name.rpartition(".")
    return outer if outer in others and outer.rpartition(".")[2] == inner else name


def _is_verb(inner: Collection, name: str) -> bool:
    return inner.default == name and isinstance(inner.tasks[name], Verb)


def _wants_json(argv: list[str]) -> bool:
    """Whether a command line that cannot be parsed asked for a JSON document."""
    words = argv[: argv.index("--")] if "--" in argv else argv
    return "--json" in words or "--format=json" in words or ("--format", "json") in pairwise(words)
