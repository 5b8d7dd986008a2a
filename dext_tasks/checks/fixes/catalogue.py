"""Who fixes the findings of which rule; loaded only where something is to be fixed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.fixes import compose, dockerfile, label, label_json, label_values, metadata, package, script
from dext_tasks.checks.fixes.edit import Fixer

if TYPE_CHECKING:
    from types import ModuleType


def declared_in(module: ModuleType) -> tuple[Fixer, ...]:
    """The fixers that a module declares, in its order."""
    return tuple(value for value in vars(module).values() if isinstance(value, Fixer))


MODULES: tuple[ModuleType, ...] = (dockerfile, label, label_json, label_values, metadata, compose, package, script)

FIXERS = {code: fixer for module in MODULES for fixer in declared_in(module) for code in fixer.codes}
