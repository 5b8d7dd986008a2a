"""What a smoke test of an image said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .program import Done, Program

PROBES = ("architecture", "extract", "start", "answer", "requests", "binaries", "ui", "steady", "uninstall")
PASSED = 0
FAILED = 50
# What tests of the waits and of pages set again; nobody waits for a browser that has nothing to show.
_QUICK = {"DEXT_SMOKE_TIMEOUT": "120", "DEXT_SMOKE_SETTLE": "0.2", "DEXT_SMOKE_UI_RUN": "never"}


@dataclass(frozen=True)
class Probe:
    """One probe of one platform.

    Attributes:
        outcome: How it ended.
        detail: In one line.
        evidence: What was shown of the containers.
        attachments: What else it saw.
    """

    outcome: str
    detail: str
    evidence: str
    attachments: list[dict[str, Any]]


@dataclass(frozen=True)
class Smoked:
    """A smoke test that has ended.

    Attributes:
        done: The command.
    """

    done: Done

    def probes(self, platform: str) -> dict[str, Probe]:
        found = next(each for each in self.done.json["platforms"] if each["platform"] == platform)
        return {
            each["name"]: Probe(each["outcome"], each["detail"], each["evidence"], each.get("attachments", []))
            for each in found["probes"]
        }

    def outcomes(self, platform: str) -> dict[str, str]:
        return {name: probe.outcome for name, probe in self.probes(platform).items()}

    def crashes(self, platform: str) -> list[str]:
        found: list[str] = next(each for each in self.done.json["platforms"] if each["platform"] == platform)["crashes"]
        return found


def smoke(dext: Program, *args: str, **env: str) -> Smoked:
    """Run the verb, on both platforms unless told otherwise."""
    return Smoked(dext("smoke", "--json", *args, **{**_QUICK, **env}))
