"""A source that is not there: it answers nothing, and says why."""

from __future__ import annotations

from dext_tasks.sources.subject import Subject


class AbsentSource(Subject):
    """Every facet raises NotOfferedError.

    Args:
        name: What would have been checked.
        reason: Why it cannot be.
    """

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.silence = reason

    @property
    def note(self) -> str:
        """See Subject."""
        return f"{self.name} were not checked: {self.silence}"
