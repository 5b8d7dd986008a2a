"""An extension with all that it is worked on with: its settings, the engine, registries and git.

The verbs and Python programs work through this one class: a verb adds flags, a console and a dry run.
"""

from dext_tasks.workspace.loading import Workspace, load

__all__ = ["Workspace", "load"]
