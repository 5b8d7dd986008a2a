"""What visiting a page showed: pictures, console, calls, and what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NETWORK_CHANGED: Final = "ERR_NETWORK_CHANGED"
"""By what Chromium breaks off everything under way when an address comes to this machine or goes, as with any
container's network; the page is not to blame.

https://source.chromium.org/chromium/chromium/src/+/main:net/base/net_error_list.h
"""


class Scheme(StrEnum):
    """The dashboard's themes."""

    LIGHT = "light"
    DARK = "dark"


class PageFaultKind(StrEnum):
    """Kinds of faults, in the order in which they explain each other."""

    NO_PAGE = "no page"
    SCRIPT_ERROR = "script error"
    ASSET_ABSOLUTE = "absolute asset"
    ASSET_FAILED = "asset failed"
    UNKNOWN_MEMBER = "unknown member"
    BLANK = "blank page"
    CRASHED = "page crashed"
    TIMED_OUT = "timed out"


@dataclass(frozen=True)
class PageFault:
    """Something wrong with a page.

    Attributes:
        kind: What kind.
        what: In one line.
        scheme: The theme under which it was seen.
    """

    kind: PageFaultKind
    what: str
    scheme: Scheme


@dataclass(frozen=True)
class BridgeCall:
    """A use that a page made of ddClient.

    Attributes:
        member: Such as ``extension.vm.service.get``.
        args: What it was given, as JSON text, shortened.
        outcome: ``ok``, or how it failed.
        seconds: How long it took.
    """

    member: str
    args: str
    outcome: str
    seconds: float


@dataclass(frozen=True)
class Visit:
    """One visit under one theme.

    Attributes:
        scheme: The theme.
        picture: A screenshot, PNG; empty if none could be taken.
        console: What the page wrote to the console, one line each.
        calls: Its uses of ddClient, in order.
        faults: What went wrong.
        seconds: Until the page was shown.
        refused: Addresses that it asked and that are not open to pages, and why.
    """

    scheme: Scheme
    picture: bytes
    console: tuple[str, ...]
    calls: tuple[BridgeCall, ...]
    faults: tuple[PageFault, ...]
    seconds: float
    refused: tuple[str, ...] = ()

    @property
    def is_disturbed(self) -> bool:
        """Whether loads broke off since this machine's network changed meanwhile."""
        return any(NETWORK_CHANGED in fault.what for fault in self.faults)
