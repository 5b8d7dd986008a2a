"""The tasks an extension gets, on the example in this repository: ``inv check --path examples/hello``."""

from dext_tasks import namespace as ns

__all__ = ["ns"]
