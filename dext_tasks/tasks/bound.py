"""The verbs for one of several extensions of a repository: its folder is theirs, and needs no --path."""

from __future__ import annotations

import inspect
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invoke.collection import Collection

from dext_tasks.tasks.task import Verb
from dext_tasks.tasks.verb import misfit

if TYPE_CHECKING:
    from types import FrameType

    from invoke.context import Context

_PATH = "path"
# The one makes an extension in a folder that does not exist yet, the other is for those that have no tasks.
_WITHOUT_PROJECT = frozenset({"new", "adopt"})


def tasks_for(path: str | Path, *, name: str = "") -> Collection:
    """The verbs for the extension in a folder, to be added to the tasks of a repository that has several.

    ``ns = Collection(tasks_for("extensions/a"), tasks_for("extensions/b"))`` in tasks.py gives ``inv a.check``,
    ``inv b.release`` and so on.

    Args:
        path: The folder; a relative one starts at the folder of the file that calls this, as those in a noxfile do.
        name: What the verbs are called under, the folder's name if empty.
    """
    from dext_tasks.tasks import namespace

    folder = _folder_of_caller(inspect.currentframe()) / path
    # Invoke takes a dot for the border between collections.
    return _bound(namespace, folder, (name or folder.resolve().name).replace(".", "-"))


def _folder_of_caller(own: FrameType | None) -> Path:
    caller = own.f_back if own else None
    file = caller.f_globals.get("__file__") if caller else None
    return Path(file).parent if file else Path()


def _bound(collection: Collection, folder: Path, name: str) -> Collection:
    made = Collection(name)
    for key, task in collection.tasks.items():
        if isinstance(task, Verb) and key not in _WITHOUT_PROJECT:
            made.add_task(bound(task, folder), name=key, default=key == collection.default)
    for key, inner in collection.collections.items():
        made.add_collection(_bound(inner, folder, key), name=key)
    return made


def bound(task: Verb, folder: Path) -> Verb:
    """A verb whose project is the folder, and that takes no ``path``."""
    body = task.body
    signature = inspect.signature(body)
    kept = [each for each in signature.parameters.values() if each.name != _PATH]

    @wraps(body)
    def called(c: Context, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - invoke's parser, or a caller
        if _PATH in kwargs:
            taken = [each.name for each in kept[1:]]
            why = f"its folder is {folder} already"
            raise misfit(task.name, why, taken, as_json=kwargs.get("json") is True)
        body(c, *args, **kwargs, **{_PATH: folder})

    called.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]  # read by inspect
    return task.of_body(called, {name: text for name, text in task.help.items() if name != _PATH})
