"""A verb as invoke sees it."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Any

from invoke.parser.argument import Argument
from invoke.parser.context import ParserContext, flag_key
from invoke.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Mapping


# What has a letter of its own; all others would change theirs with every flag that is added.
_LETTERS = {"verbose": "v"}


class Verb(Task[Callable[..., None]]):
    """A task of dext-tasks.

    Args:
        body: What it calls.
        repeated: Its arguments that are given once a value, each with its plural if that is another name of it.
        forms: What stands for the value of an argument, where that is not its name.
        example: What follows its name in an example.
        more: What any task takes.
    """

    def __init__(
        self,
        body: Callable[..., None],
        *,
        repeated: Mapping[str, str],
        forms: Mapping[str, str],
        example: str,
        **more: Any,  # noqa: ANN401 - invoke's
    ) -> None:
        super().__init__(body, iterable=list(repeated), **more)
        self.example = example
        self._plurals = dict(repeated)
        self._forms = dict(forms)

    # Invoke says that a call returns its function.
    def __call__(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]  # noqa: ANN401 - the stub tells
        """Do it; the first argument is a Context. ``dext_tasks.tasks`` says which others each verb takes.

        Raises:
            Exit: It failed; its code is the one of docs/exit-codes.md, and what went wrong was shown.
            TypeError: There is no Context.
        """
        context = [kwargs.pop("c")] if "c" in kwargs else []
        if not (*context, *args):
            # Invoke would say "tuple index out of range".
            raise TypeError(f"{self.name} needs the Context of the task that calls it: {self.name}(c)")
        super().__call__(*context, *args, **kwargs)

    def __deepcopy__(self, memo: dict[int, object]) -> Verb:
        """A copy that shares only what nobody changes.

        Invoke copies every task with all that is said of it when it loads a tasks.py, which takes longer than to list
        them: https://github.com/pyinvoke/invoke/blob/main/invoke/collection.py (Collection._transform_lexicon)
        """
        made = copy(self)
        made.help = dict(self.help)
        return made

    @property
    def usage(self) -> str:
        """What follows its name."""
        return " ".join((*(f"[{name.upper()}]" for name in self.positional), "[--options]"))

    def flags(self) -> list[tuple[str, str]]:
        """Each of its flags as it is written, and what it is for."""
        context = ParserContext(args=self.get_arguments())
        return [(self._written(each), each.help or "") for each in sorted(context.flags.values(), key=flag_key)]

    def _written(self, flag: Argument) -> str:
        letters = "".join(f"-{name}, " for name in flag.names if len(name) == 1)
        word = flag.names[0]
        if not flag.takes_value:
            return f"{letters}--{'[no-]' if flag.default else ''}{word}"
        value = self._forms.get(str(flag.name), word.upper())
        return f"{letters}--{word}[={value}]" if flag.optional else f"{letters}--{word}={value}"

    def __eq__(self, other: object) -> bool:
        """Whether it is the same task. To invoke, which runs equal ones once, all with the same code are.

        https://github.com/pyinvoke/invoke/blob/main/invoke/tasks.py (Task.__eq__), executor.py (dedupe)
        """
        return isinstance(other, Verb) and self.name == other.name and self.body == other.body

    def __hash__(self) -> int:
        return super().__hash__()

    def of_body(self, body: Callable[..., None], help: Mapping[str, str]) -> Verb:  # noqa: A002 - invoke's term
        """The same task with another body and its help."""
        return Verb(
            body,
            repeated=self._plurals,
            forms=self._forms,
            example=self.example,
            name=self.name,
            positional=list(self.positional),
            optional=list(self.optional),
            incrementable=list(self.incrementable),
            auto_shortflags=self.auto_shortflags,
            help=dict(help),
        )

    def arg_opts(self, name: str, default: str, taken_names: set[str]) -> dict[str, Any]:
        """See Task; invoke gives a letter to every flag or to none."""
        found = super().arg_opts(name, default, taken_names)
        return {**found, "names": (*found["names"], *filter(None, [_LETTERS.get(name)]))}

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        """Its arguments, each with its help, however often they are asked for.

        Invoke itself uses up the help: https://github.com/pyinvoke/invoke/blob/main/invoke/tasks.py (arg_opts)
        """
        texts = dict(self.help)
        try:
            made = super().get_arguments(ignore_unknown_help)
        finally:
            self.help = texts
        return [self._repeated(each) if each.kind is list else each for each in made]

    def _repeated(self, made: Argument) -> Argument:
        plural = self._plurals[str(made.name)].replace("_", "-")
        return Repeated(names=(*made.names, *filter(None, [plural])), help=made.help, attr_name=made.attr_name)


class Repeated(Argument):
    """A flag that is given once a value, and at least one value if it is given at all.

    Invoke's own takes a flag without a value for one that was not given:
    https://github.com/pyinvoke/invoke/blob/main/invoke/parser/argument.py (Argument.__init__)
    """

    def __init__(self, names: tuple[str, ...], help: str | None, attr_name: str | None) -> None:  # noqa: A002 - invoke's term
        super().__init__(names=names, kind=list, help=help, attr_name=attr_name)
        self.raw_value = self._value = None

    def set_value(self, value: Any, cast: bool = True) -> None:  # noqa: ANN401, ARG002 - invoke's
        """Add a value to those before it."""
        self.raw_value = value
        self._value = [*(self._value or []), value]
