"""A source that is not there: it answers nothing, and says why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.sources.subject import Document, FileSet, LabelSet, NotOfferedError, PlatformSet

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class AbsentSource:
    """See Subject; every facet raises NotOfferedError.

    Attributes:
        name: What would have been checked.
        reason: Why it cannot be.
    """

    name: str
    reason: str

    @property
    def labels(self) -> Sequence[LabelSet]:
        """See Subject."""
        raise NotOfferedError(self.reason)

    @property
    def documents(self) -> Sequence[Document]:
        """See Subject."""
        raise NotOfferedError(self.reason)

    @property
    def files(self) -> Sequence[FileSet]:
        """See Subject."""
        raise NotOfferedError(self.reason)

    @property
    def platforms(self) -> PlatformSet:
        """See Subject."""
        raise NotOfferedError(self.reason)

    @property
    def tag(self) -> str:
        """See Subject."""
        raise NotOfferedError(self.reason)
