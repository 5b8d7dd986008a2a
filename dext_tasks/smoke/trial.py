"""One installation of one platform's image: what its probes share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dext_tasks.engine.services import Services
from dext_tasks.smoke.names import Names
from dext_tasks.smoke.probe import ProbeAbortedError, ProbeSkippedError

if TYPE_CHECKING:
    from pathlib import Path

    from dext_tasks.config import Settings
    from dext_tasks.engine.engine import Engine
    from dext_tasks.extension.metadata import Metadata
    from dext_tasks.runtime.lease import Lease
    from dext_tasks.smoke.candidate import Candidate, Patience
    from dext_tasks.smoke.channel import Channel
    from dext_tasks.smoke.loans import Loans
    from dext_tasks.smoke.watch import Watch
    from dext_tasks.ui.browser import Browser


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
    """

    engine: Engine
    settings: Settings
    root: Path
    browser: Browser | None = None
    no_browser: str = ""
    keep: bool = False
    loans: Loans | None = None


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
    """

    tools: Tools
    candidate: Candidate
    patience: Patience
    folder: Path
    lease: Lease | None = None
    watch: Watch | None = None
    channel: Channel | None = None
    kept: bool = False
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
