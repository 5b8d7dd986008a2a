"""What a smoke test found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dext_tasks.formats.oci.platform import Platform


class Outcome(StrEnum):
    """How a probe ended.

    A warning is a success all the same: what was seen works here, and is refused or different in some desktop. A probe
    is aborted when what it needs is not there; an emulator crash is the emulator's failure, not the extension's, and
    still no success.
    """

    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"
    ABORTED = "aborted"
    EMULATOR_CRASH = "emulator crash"

    @property
    def is_good(self) -> bool:
        """Whether nothing went wrong."""
        return self in (Outcome.PASSED, Outcome.WARNING, Outcome.SKIPPED)


@dataclass(frozen=True)
class Attachment:
    """Something a probe saw, to be looked at: a screenshot, a console, a log.

    Attributes:
        name: Such as ``light`` or ``console``.
        media_type: ``image/png``, ``text/plain`` or ``application/json``.
        content: The bytes; text is UTF-8.
    """

    name: str
    media_type: str
    content: bytes

    @property
    def text(self) -> str:
        """The content, if it is text; empty for a picture."""
        return "" if self.media_type.startswith("image/") else self.content.decode(errors="replace")


@dataclass(frozen=True)
class ProbeResult:
    """One probe.

    Attributes:
        name: Of the probe.
        outcome: How it ended.
        detail: What was seen, in one line.
        seconds: How long it took.
        evidence: State, exit code and last log lines after a failure; empty otherwise.
        attachments: What else it saw, whether it passed or not.
        withheld: Grants it would have needed and was not given, by name; it is skipped then.
    """

    name: str
    outcome: Outcome
    detail: str
    seconds: float
    evidence: str = ""
    attachments: tuple[Attachment, ...] = ()
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True)
class SmokeResult:
    """One platform's smoke test.

    Attributes:
        platform: What was tested.
        image: Id of the image that was tested.
        emulated: Whether the engine ran it under emulation.
        probes: In the order they ran.
        crashes: Of the emulator, one line per crash; everything was run once more.
        build_crashes: Of the emulator in the build, one line per crash; the build was repeated.
        context: Docker context of the engine that it ran on; empty for the current one.
    """

    platform: Platform
    image: str
    emulated: bool
    probes: tuple[ProbeResult, ...]
    crashes: tuple[str, ...] = ()
    build_crashes: tuple[str, ...] = ()
    context: str = ""

    @property
    def passed(self) -> bool:
        """Whether no probe failed, was aborted or crashed, and at least one passed."""
        outcomes = {probe.outcome for probe in self.probes}
        return all(each.is_good for each in outcomes) and not outcomes <= {Outcome.SKIPPED}

    @property
    def withheld(self) -> tuple[str, ...]:
        """Grants without which something was not tested."""
        return tuple(dict.fromkeys(name for probe in self.probes for name in probe.withheld))

    @property
    def seconds(self) -> float:
        """How long all probes took together."""
        return sum(probe.seconds for probe in self.probes)
