"""An extension's UI, shown as a dashboard would show it, to any browser on this machine."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dext_tasks.ui.bridge import Bridge
from dext_tasks.ui.gate import gate
from dext_tasks.ui.guard import Guard
from dext_tasks.ui.location import entry_path
from dext_tasks.ui.server import serving
from dext_tasks.ui.site import EXTENSION, Place, Site
from dext_tasks.ui.tour import Tour

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.ui.browser import Browser
    from dext_tasks.ui.machine import Machine
    from dext_tasks.ui.session import Session
    from dext_tasks.ui.visit import Call, Scheme, Visit


@dataclass(frozen=True)
class Exhibit:
    """What is shown.

    Attributes:
        read: Gives the content of a file of the image by its absolute path, None if there is none.
        root: Absolute path of the UI's folder, ``/ui``.
        entry: Entry page below it, query string and all.
        machine: What the page reaches.
        has_vm: Whether the extension has a backend; without one ``extension.vm`` is absent.
        has_host: Whether it has host binaries; likewise ``extension.host``.
        dialog: Paths that file dialogs answer; without any, they are cancelled.
        guard: What the page may ask beside its own server.
    """

    read: Callable[[str], bytes | None]
    root: str
    entry: str
    machine: Machine
    has_vm: bool
    has_host: bool
    dialog: tuple[str, ...] = ()
    guard: Guard = field(default_factory=Guard)

    @property
    def place(self) -> Place:
        """The UI in its image."""
        return Place(self.root, self.read, self.has_vm, self.has_host)


@dataclass(frozen=True)
class Shown:
    """A UI that is being shown.

    Attributes:
        exhibit: What.
        site: Answers its requests.
        origin: Where.
        session: For whoever opens ``url``; each visit has one of its own.
    """

    exhibit: Exhibit
    site: Site
    origin: str
    session: Session

    @property
    def url(self) -> str:
        """Address of the entry page, for any browser on this machine."""
        return self.address(self.session)

    @property
    def calls(self) -> tuple[Call, ...]:
        """Uses of ddClient by pages that were opened at ``url``."""
        return self.session.ledger.calls

    def address(self, session: Session) -> str:
        """Address of the entry page in a session."""
        return f"{self.origin}/{session.token}/{EXTENSION}{entry_path(self.exhibit.root, self.exhibit.entry)}"


@contextmanager
def shown(exhibit: Exhibit) -> Iterator[Shown]:
    """Show a UI; afterwards nothing of it is left, no process, thread or port."""
    bridge = Bridge(exhibit.machine, exhibit.dialog)
    with serving(lambda hosts: Site(exhibit.place, bridge, hosts)) as (site, origin):
        yield Shown(exhibit, site, origin, site.open())


def visit(browser: Browser, shown: Shown, scheme: Scheme, timeout: float) -> Visit:
    """Look at a UI once.

    Args:
        browser: To look with.
        shown: The UI.
        scheme: The dashboard's theme.
        timeout: Longest time until the page is there, seconds.

    Raises:
        BrowserUnavailableError: The browser did not start, or has ended.
        InterruptedError: The run was interrupted.
    """
    session = shown.site.open()
    try:
        with gate(shown.exhibit.guard, shown.origin) as way_out:
            tour = Tour(session, shown.address(session), way_out, shown.exhibit.root, scheme, timeout)
            return browser.run(tour.take, timeout + tour.margin)
    finally:
        session.close()
