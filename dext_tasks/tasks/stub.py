"""What mypy and editors know of the verbs: their flags are made of the declarations of options, which neither reads.

https://typing.python.org/en/latest/spec/distributing.html#stub-files
"""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING

from dext_tasks.tasks.task import Verb

if TYPE_CHECKING:
    from collections.abc import Mapping
    from inspect import Parameter

    from invoke.collection import Collection

_HEAD = """# Made by scripts/generate-docs of the declarations of the verbs and of the options they take.

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal, overload

from invoke.collection import Collection
from invoke.context import Context

from dext_tasks.tasks.task import Verb

"""
_NAMESPACE = """class _Namespace(Collection):
"""
_LOOKUP = """    @overload
    def __getitem__(self, name: {names}) -> {type}: ...
"""
_ANY_OTHER = """    @overload
    def __getitem__(self, name: str | None = None) -> Any: ...  # noqa: ANN401 - a user's own task

namespace: _Namespace
"""


def stub(namespace: Collection, exported: Mapping[str, object]) -> str:
    """The stub of a package with verbs.

    Args:
        namespace: The verbs as invoke has them.
        exported: Everything that the package offers, by name.
    """
    verbs = {name: each for name, each in sorted(exported.items()) if isinstance(each, Verb)}
    names = {name: _names(namespace, each) for name, each in verbs.items()}
    classes = "".join(f"class {_type(name)}(Verb):\n{_call(each)}\n" for name, each in verbs.items())
    lookups = "".join(_LOOKUP.format(names=names[name], type=_type(name)) for name in verbs)
    values = "".join(f"{name}: {_type(name)}\n" for name in verbs)
    listed = "".join(f'    "{name}",\n' for name in sorted((*verbs, "namespace")))
    return f"{_HEAD}{classes}{_NAMESPACE}{lookups}{_ANY_OTHER}{values}\n__all__ = [\n{listed}]\n"


def _type(name: str) -> str:
    return f"_{name.title().replace('_', '')}"


def _names(namespace: Collection, verb: Verb) -> str:
    named = [(name, *others) for name, others in namespace.task_names.items() if namespace[name] == verb]
    found = [spelled for names in named for spelled in names]
    return f"Literal[{', '.join(f'{name!r}' for name in sorted(found))}]".replace("'", '"')


def _call(verb: Verb) -> str:
    _, *parameters = signature(verb.body).parameters.values()
    lines = "".join(f"        {_parameter(each)},\n" for each in parameters)
    head = "    def __call__(  # type: ignore[override]  # as Verb\n        self,\n        c: Context,\n"
    return f"{head}{lines}    ) -> None: ...\n"


def _parameter(each: Parameter) -> str:
    kind = f"{each.annotation} | None" if each.default is None else each.annotation
    return f"{each.name}: {kind} = {each.default!r}"
