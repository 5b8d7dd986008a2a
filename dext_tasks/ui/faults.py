"""What is wrong with a page, in words, each thing once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from dext_tasks.ui.site import EXTENSION
from dext_tasks.ui.visit import FaultKind, PageFault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dext_tasks.ui.observer import FailedLoad, Observer
    from dext_tasks.ui.session import Note
    from dext_tasks.ui.visit import Scheme

_LONGEST: Final = 300
_NOT_FOUND: Final = "404"
_FEW: Final = 3


class Findings:
    """Faults of one visit.

    Args:
        url: Of the page: ``http://127.0.0.1:1234/TOKEN/extension/ui/index.html``.
        root: The UI's folder in the image.
    """

    def __init__(self, url: str, root: str) -> None:
        parts = urlsplit(url)
        self._image = f"/{parts.path.split('/')[1]}/{EXTENSION}"
        self._entry = unquote(parts.path.removeprefix(self._image))
        self._root = root
        self._found: dict[tuple[FaultKind, str], None] = {}

    @property
    def has_no_page(self) -> bool:
        """Whether there is nothing to look at."""
        return any(kind is FaultKind.NO_PAGE for kind, _ in self._found)

    def faults(self, scheme: Scheme) -> tuple[PageFault, ...]:
        """All of them, in the order in which they explain each other."""
        order = [*FaultKind]
        found = sorted(self._found, key=lambda fault: order.index(fault[0]))
        return tuple(PageFault(kind, what, scheme) for kind, what in found)

    def no_page(self, why: str) -> None:
        """The entry page did not come."""
        missing = why == _NOT_FOUND
        self._add(FaultKind.NO_PAGE, f"{self._entry}: {'there is no such file' if missing else why}")

    def blank(self) -> None:
        """The page shows nothing."""
        self._add(FaultKind.BLANK, f"{self._entry} shows nothing: no text, no picture, nothing to click")

    def timed_out(self, observer: Observer, seconds: float) -> None:
        """The page did not load in time; a call that is still pending is no fault of the page."""
        if not observer.loaded:
            waits = ", ".join(map(self._short, observer.open_requests[:_FEW]))
            behind = f"; it waits for {waits}" if waits else ""
            self._add(FaultKind.TIMED_OUT, f"{self._entry} did not load within {seconds:g} s{behind}")

    def observed(self, observer: Observer, notes: Iterable[Note]) -> None:
        """What the browser and the page itself told."""
        for error in observer.errors:
            self._add(FaultKind.SCRIPT_ERROR, error)
        for note in notes:
            self._noted(note)
        for load in [] if self.has_no_page else observer.failed:
            self._add(*self._of_load(load))
        if observer.crashed:
            self._add(FaultKind.CRASHED, f"the process of {self._entry} ended, of memory or by a fault of the browser")

    def _noted(self, note: Note) -> None:
        if note.kind == "unknown":
            self._add(FaultKind.UNKNOWN_MEMBER, f"unknown member ddClient.{note.text}")
        else:
            self._add(FaultKind.SCRIPT_ERROR, f"unhandled rejection: {note.text}")

    def _of_load(self, load: FailedLoad) -> tuple[FaultKind, str]:
        path = unquote(urlsplit(load.url).path)
        folder = "" if self._root == "/" else self._root
        if path.startswith(f"{self._image}{folder}/"):
            name = path.removeprefix(f"{self._image}{folder}/")
            why = f"404, there is no such file in {self._root}" if load.why == _NOT_FOUND else load.why
            return FaultKind.ASSET_FAILED, f"{name}: {why}"
        if path.startswith(f"{self._image}/"):
            return (
                FaultKind.ASSET_FAILED,
                f"{path.removeprefix(self._image)}: {load.why}, it is outside of {self._root}",
            )
        advice = "send requests to the backend through ddClient" if load.script else "use a relative one"
        return (
            FaultKind.ASSET_ABSOLUTE,
            f"{path}: {load.why}, an absolute path leads outside the UI's folder; {advice}",
        )

    def _short(self, url: str) -> str:
        path = urlsplit(url).path
        return path.removeprefix(f"{self._image}/") if path.startswith(f"{self._image}/") else url

    def _add(self, kind: FaultKind, what: str) -> None:
        line = " ".join(what.split())
        self._found.setdefault((kind, line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"))
