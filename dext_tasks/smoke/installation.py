"""One installation of one platform's image: what its probes share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dext_tasks.engine.services import Services
from dext_tasks.smoke.composition import Names
from dext_tasks.smoke.outcome import ProbeAbortedError, ProbeSkippedError
from dext_tasks.smoke.resolutions import Resolutions

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from dext_tasks.config import Settings
    from dext_tasks.engine.engine import Engine
    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.extension.metadata import Metadata
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.runtime.lease import Lease
    from dext_tasks.smoke.backend_client import Channel
    from dext_tasks.smoke.health import Watch
    from dext_tasks.smoke.images import Loans
    from dext_tasks.sources.snapshot import Snapshot
    from dext_tasks.ui.browser import Browser


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


@dataclass(frozen=True)
class Tools:
    """What every platform's trial uses.

    Attributes:
        engine: Where extensions are installed.
        settings: What is probed, and how.
        root: Folder that paths in the settings start from.
        browser: What pages are opened in; None if they are not.
        no_browser: Why they are not.
        keep: Whether an installation that failed is left for a person to look at.
        loans: Keeps count of images that are to be removed again; None if what is fetched stays.
        resolutions: What compose has made of compose files in this run.
    """

    engine: Engine
    settings: Settings
    root: Path
    browser: Browser | None = None
    no_browser: str = ""
    keep: bool = False
    loans: Loans | None = None
    resolutions: Resolutions = field(default_factory=Resolutions, repr=False, compare=False)

    def beside(self, other: Tools) -> Tools:
        """The same with another's browser, which pages of all engines are opened in."""
        return replace(self, browser=other.browser, no_browser=other.no_browser)


@dataclass
class Trial:
    """An installation under way.

    Attributes:
        tools: Shared by all platforms.
        candidate: What is installed.
        patience: Bounds of the waits.
        folder: A temporary folder, short enough for a socket's path.
        lease: Of the project's name, while it is installed.
        watch: The started services; None before.
        channel: The way to the backend; None if there is no socket.
        kept: Whether it stays installed.
        host_volume: Volume with the host binaries; empty until there is one.
        is_lost: Whether its engine gives no sign of life any more, so that nothing can be removed there.
    """

    tools: Tools
    candidate: Candidate
    patience: Patience
    folder: Path
    lease: Lease | None = None
    watch: Watch | None = None
    channel: Channel | None = None
    kept: bool = False
    host_volume: str = ""
    is_lost: bool = False
    names: Names = field(init=False)
    services: Services = field(init=False)

    def __post_init__(self) -> None:
        """Name what will be started."""
        self.names = Names.of(self.candidate.extension, self.candidate.platform, self.candidate.native)
        self.services = Services(self.tools.engine.client, self.names.project)

    @property
    def metadata(self) -> Metadata:
        """What metadata.json names.

        Raises:
            ProbeAbortedError: There is none, or it cannot be read.
        """
        found = self.candidate.snapshot.parsed
        if found is None:
            raise ProbeAbortedError("metadata.json cannot be read")
        return found

    def require_files(self, *paths: str) -> None:
        """Require that the image has what a probe looks at.

        Raises:
            ProbeAbortedError: It has not.
        """
        if absent := self.candidate.absent(paths):
            raise ProbeAbortedError(f"not in the image: {', '.join(absent)}")

    @property
    def socket(self) -> str:
        """Name of the backend's socket; empty if it exposes none."""
        return self.metadata.vm.socket if self.metadata.vm else ""

    @property
    def running(self) -> Watch:
        """The started services.

        Raises:
            ProbeSkippedError: Nothing was started.
        """
        if self.watch is None:
            raise ProbeSkippedError("no backend was started")
        return self.watch

    @property
    def guest_services(self) -> Path:
        """Folder on this machine that is mounted where the socket is made."""
        return self.folder / "guest"

    @property
    def project_folder(self) -> Path:
        """Copy of the folder of the compose file; what containers do to it changes nothing that is read later."""
        return self.folder / "project"
