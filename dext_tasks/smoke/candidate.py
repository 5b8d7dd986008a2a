"""What is to be installed, and how patiently it is probed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dext_tasks.config import Settings
    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.sources.snapshot import Snapshot

# Emulated code runs 6 to 10 times slower, a start-up that mostly waits less so.
# https://github.com/pypa/cibuildwheel/issues/1189
_EMULATED_FACTOR = 4.0
# The browser itself is never emulated, only what answers it.
_EMULATED_PAGE_FACTOR = 2.0


@dataclass(frozen=True)
class Candidate:
    """What is to be installed.

    Attributes:
        extension: ``org_name``.
        platform: The platform it was built for.
        native: The engine's own platform.
        image: The image.
        snapshot: Its files.
        published: What users call it, where that is not what the engine calls it.
    """

    extension: str
    platform: Platform
    native: Platform
    image: ImageFacts
    snapshot: Snapshot
    published: str = ""

    @property
    def name(self) -> str:
        """What its page is told that it is."""
        return self.published or self.image.reference

    def absent(self, paths: Iterable[str]) -> list[str]:
        """Those of the paths that are not in the image, each once."""
        return [path for path in dict.fromkeys(paths) if path and path not in self.snapshot.facts]

    @property
    def emulated(self) -> bool:
        """Whether the engine needs an emulator to run it."""
        return not self.platform.is_native_on(self.native)


@dataclass(frozen=True)
class Patience:
    """How long a probe waits, seconds.

    Attributes:
        answer: For the backend's first answer.
        settle: For which it must then stay up.
        page: Until the page is shown.
        factor: How many times as long as elsewhere what the extension runs may take, not in seconds.
    """

    answer: float
    settle: float
    page: float
    factor: float = 1.0

    @classmethod
    def of(cls, settings: Settings, *, emulated: bool) -> Patience:
        """What the settings say; where it is emulated, what has to answer may take longer."""
        factor = _EMULATED_FACTOR if emulated else 1.0
        return cls(
            factor=factor,
            answer=settings.smoke_timeout * factor,
            settle=settings.smoke_settle,
            page=settings.smoke_ui_timeout * (_EMULATED_PAGE_FACTOR if emulated else 1.0),
        )
