"""Docker extensions from scaffold to semver release on plain Docker Engine.

An extension repository's tasks.py needs one line: ``from dext_tasks import namespace as ns``. One with several
extensions has ``ns = Collection(tasks_for("extensions/a"), tasks_for("extensions/b"))``. A tasks.py that
has tasks of its own ends with ``ns = with_verbs(globals())``.
"""

from __future__ import annotations

from dext_tasks._version import __version__

# Not typing's, which takes longer to import than all else that comes before __main__ handles Ctrl-C.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from dext_tasks.tasks import namespace
    from dext_tasks.tasks.beside import with_verbs
    from dext_tasks.tasks.bound import tasks_for

__all__ = ["__version__", "namespace", "tasks_for", "with_verbs"]


def __getattr__(name: str) -> object:
    # Loaded on first use: noxfiles and library users never pay for invoke.
    if name == "namespace":
        from dext_tasks.tasks import namespace as tasks_namespace

        return tasks_namespace
    if name == "tasks_for":
        from dext_tasks.tasks.bound import tasks_for

        return tasks_for
    if name == "with_verbs":
        from dext_tasks.tasks.beside import with_verbs

        return with_verbs
    raise AttributeError(name)
