"""The verbs beside the tasks that a repository has already."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from invoke.collection import Collection

if TYPE_CHECKING:
    from collections.abc import Mapping

# Where invoke looks for a module's own collection, in this order:
# https://docs.pyinvoke.org/en/stable/concepts/namespaces.html#specifying-the-default-namespace
_NAMES = ("ns", "namespace")
_OURS = "dext"


def with_verbs(module: Mapping[str, object], *extensions: Collection) -> Collection:
    """The tasks that a tasks.py has, with the verbs beside them.

    ``ns = with_verbs(globals())`` is the last line of the file.

    A collection that the file has made as ``ns`` or ``namespace`` is extended in place. What it has under a verb's name
    stays; the verbs are then all in a collection of their own, too: ``inv dext.check``.

    Args:
        module: What the file has defined.
        extensions: What ``tasks_for`` gives, to be added instead of the verbs for the folder of the file.
    """
    own = _own(module)
    if extensions:
        _add(own, {str(each.name): each for each in extensions})
        return own
    from dext_tasks.tasks import namespace

    if _add(own, {**namespace.tasks, **namespace.collections}):
        _add(own, {_OURS: namespace})
    return own


def _own(module: Mapping[str, object]) -> Collection:
    """The collection that invoke would take of the file."""
    for name in _NAMES:
        found = module.get(name)
        if isinstance(found, Collection):
            return found
    made = ModuleType("tasks")
    vars(made).update(module)
    return Collection.from_module(made)


def _add(own: Collection, others: Mapping[str, object]) -> list[str]:
    """Add what has a name that is free; the names that are not."""
    taken = [name for name in others if name in own.tasks or name in own.collections]
    for name, each in others.items():
        if name in taken:
            continue
        if isinstance(each, Collection):
            own.add_collection(each, name=name)
        else:
            own.add_task(each, name=name)  # type: ignore[arg-type]  # nothing else is in a collection
    return taken
