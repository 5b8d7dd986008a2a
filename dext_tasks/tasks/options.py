"""What several verbs take as flags: settings, and files that reports go to."""

from __future__ import annotations

from dext_tasks.config import settings

BUILD = ("platforms", "contexts", "dockerfile", "metadata", *settings.names_in(settings.BUILD))
"""What a build depends on, and whatever begins with one."""

_OF_RELEASES = frozenset({"smoke_start_optional"})
SMOKE = tuple(name for name in settings.names_in(settings.SMOKE, settings.SMOKE_UI) if name not in _OF_RELEASES)
"""How a smoke test probes."""

REPORTS = {
    "report": "write an HTML report with screenshots and logs to this file",
    "junit": "write JUnit XML to this file",
}
"""Files of a smoke test."""
