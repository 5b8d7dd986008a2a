"""The sessions of an extension: one plan, from which nox registers them and a CI system takes its jobs.

Runners: https://docs.github.com/actions/reference/runners/github-hosted-runners
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.config.kind import When

if TYPE_CHECKING:
    from dext_tasks.config import Settings
    from dext_tasks.extension.platform import Platform

_DEFAULT_RUNNER = "ubuntu-24.04"
# What each runner's processor executes itself; any other architecture is emulated on the default one. Not
# linux/arm on the arm64 runner, whose processors have no 32-bit mode.
_RUNNERS = {"amd64": _DEFAULT_RUNNER, "386": _DEFAULT_RUNNER, "arm64": "ubuntu-24.04-arm"}

_SMOKE = "Build for one platform, install, probe and uninstall."
_UI = "The same, and open the UI in a browser."


@dataclass(frozen=True)
class Planned:
    """One session.

    Attributes:
        name: Of the nox session, without its platform.
        args: The verb and its arguments.
        summary: What it does, in one line.
        platform: What it is for; None if it is for all of them.
    """

    name: str
    args: tuple[str, ...]
    summary: str
    platform: Platform | None = None

    @property
    def session(self) -> str:
        """As nox calls it: ``smoke(linux/arm64)``."""
        return f"{self.name}({self.platform})" if self.platform else self.name

    @property
    def runner(self) -> str:
        """Label of the GitHub runner it needs."""
        return _RUNNERS.get(self.platform.architecture, _DEFAULT_RUNNER) if self.platform else _DEFAULT_RUNNER

    @property
    def emulated(self) -> bool:
        """Whether that runner needs an emulator for it."""
        return self.platform is not None and self.platform.architecture not in _RUNNERS


def planned(settings: Settings, prefix: str = "") -> tuple[Planned, ...]:
    """Every session, each platform's UI in one of its own: it needs a browser, the rest does not.

    Args:
        settings: Of the extension.
        prefix: Before each session's name.
    """
    check = Planned(f"{prefix}check", ("check",), "Check the source tree and the built images.")
    smoke = [_smoke(f"{prefix}smoke", When.NEVER, _SMOKE, each) for each in settings.platforms]
    ui = [_smoke(f"{prefix}ui", When.ALWAYS, _UI, each) for each in settings.platforms]
    return (check, *smoke, *ui)


def _smoke(name: str, ui: When, summary: str, platform: Platform) -> Planned:
    return Planned(name, ("smoke", "--platform", str(platform), "--ui", ui.value), summary, platform)


def matrix_data(sessions: tuple[Planned, ...]) -> dict[str, object]:
    """A job a session, as ``strategy.matrix`` of GitHub Actions takes it."""
    return {
        "include": [
            {
                "session": each.session,
                "platform": str(each.platform or ""),
                "runs-on": each.runner,
                "emulated": each.emulated,
            }
            for each in sessions
        ]
    }
