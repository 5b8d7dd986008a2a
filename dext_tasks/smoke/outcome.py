"""The ways in which a probe can end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dext_tasks.smoke.result import Attachment


class ProbeFailedError(Exception):
    """A probe saw something wrong.

    Args:
        what: In one line.
        evidence: State, exit code and logs.
        emulator: Whether the emulator is to blame.
        attachments: What else it saw.
    """

    def __init__(
        self, what: str, evidence: str = "", *, emulator: bool = False, attachments: tuple[Attachment, ...] = ()
    ) -> None:
        super().__init__(what)
        self.evidence = evidence
        self.emulator = emulator
        self.attachments = attachments


class ProbeSkippedError(Exception):
    """A probe has nothing to look at; the text says why."""


class ProbeWithheldError(ProbeSkippedError):
    """A probe would need grants that were not given.

    Args:
        why: What is not done, and what grants it.
        grants: By their names.
    """

    def __init__(self, why: str, grants: tuple[str, ...]) -> None:
        super().__init__(why)
        self.grants = grants


class ProbeAbortedError(Exception):
    """What a probe would look at is not there, as an earlier probe has found; the message says what."""


@dataclass(frozen=True)
class Seen:
    """What a probe that passed saw.

    Attributes:
        detail: In one line.
        attachments: What else it saw.
        warnings: What some desktop refuses or does differently, one line each, with the desktop's name.
    """

    detail: str
    attachments: tuple[Attachment, ...] = ()
    warnings: tuple[str, ...] = ()
