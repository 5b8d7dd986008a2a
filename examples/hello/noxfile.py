"""The sessions of this extension, for CI: `nox --list` shows them."""

from dext_tasks.sessions import register

register()
