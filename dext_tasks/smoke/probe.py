"""What a probe is, and the ways in which one can end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from dext_tasks.smoke.outcome import Seen

if TYPE_CHECKING:
    from dext_tasks.smoke.installation import Trial


Ask: TypeAlias = Callable[["Trial"], Seen]


@dataclass(frozen=True)
class Probe:
    """One question about an installation.

    Attributes:
        name: For people.
        ask: Looks; raises ``ProbeFailedError``, ``ProbeSkippedError`` or ``ProbeAbortedError``.
        needs: Probes that must not have failed before; otherwise this one is aborted.
    """

    name: str
    ask: Ask
    needs: tuple[str, ...] = ()
