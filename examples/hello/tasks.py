"""The tasks of this extension: `inv --list` shows them."""

from dext_tasks import namespace as ns

__all__ = ["ns"]
