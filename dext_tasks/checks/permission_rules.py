"""Rules on what a compose file lets the backend do to the user's machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.evidence import asked, at
from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.extension.grants.kinds import told
from dext_tasks.formats.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.extension.grants import Grant
    from dext_tasks.sources.source import Source

_SERVICES = "https://github.com/compose-spec/compose-spec/blob/main/05-services.md"
# Each is a way out of the container: https://man7.org/linux/man-pages/man7/capabilities.7.html
_FAR_REACHING = frozenset(
    {"ALL", "BPF", "DAC_READ_SEARCH", "MAC_ADMIN", "NET_ADMIN", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO"}
)
_UNCONFINED = frozenset({"seccomp:unconfined", "apparmor:unconfined", "label:disable", "systempaths:unconfined"})


def _asks_for(*kinds: str) -> Callable[[Source], Iterator[Problem]]:
    return _asks(lambda grant: grant.kind in kinds)


def _asks(is_meant: Callable[[Grant], bool]) -> Callable[[Source], Iterator[Problem]]:
    """A question for what is asked of the machine, by the model that a smoke test grants by."""

    def ask(source: Source) -> Iterator[Problem]:
        for document, found, line in asked(source):
            if is_meant(found.grant):
                yield at(document, line, f"{excerpt(found.by)} {told([found.grant])[0]}")

    return ask


def _is_far_reaching(grant: Grant) -> bool:
    return grant.kind == "capability" and grant.value in _FAR_REACHING


def _is_other_capability(grant: Grant) -> bool:
    # Whoever drops all and adds some of the usual ones has fewer than a container that says nothing.
    return grant.kind == "capability" and grant.value not in _FAR_REACHING


def _is_unconfined(grant: Grant) -> bool:
    return grant.kind == "security-opt" and grant.value.replace(" ", "").lower() in _UNCONFINED


RULES = (
    Rule(
        code="compose-privileged",
        title="no service runs privileged",
        severity=Severity.WARNING,
        docker="",
        why="users cannot see it before they install, and a fault in the service gives the whole machine away",
        fix="remove privileged:, and add the one capability or device that is needed",
        source=f"{_SERVICES}#privileged",
        ask=_asks_for("privileged"),
    ),
    Rule(
        code="compose-host-mount",
        title="no service mounts files of the host",
        severity=Severity.WARNING,
        docker="",
        why="the path may be missing or private on a user's machine, and differs between operating systems",
        fix="use a named volume, or mount read-only just what is needed",
        source=f"{_SERVICES}#volumes",
        ask=_asks_for("host-mount", "volume-bind", "host-file"),
    ),
    Rule(
        code="compose-host-namespace",
        title="no service joins a namespace of the host",
        severity=Severity.WARNING,
        docker="",
        why="the service sees and reaches what every other container does; the host is the desktop's virtual machine",
        fix="remove the key; containers of one compose file reach each other by service name",
        source=f"{_SERVICES}#network_mode",
        ask=_asks_for("host-network", "host-pid", "host-ipc", "host-uts", "host-userns", "host-cgroup"),
    ),
    Rule(
        code="compose-capability",
        title="no service has an added capability",
        severity=Severity.NOTE,
        docker="",
        why="it is part of what users agree to when they install, and nothing shows it to them",
        fix="keep it if the service needs it, and say so in the detailed description",
        source=f"{_SERVICES}#cap_add",
        ask=_asks(_is_other_capability),
    ),
    Rule(
        code="compose-capability-far-reaching",
        title="no service has a capability that leads out of its container",
        severity=Severity.WARNING,
        docker="",
        why="with it a service is as good as privileged",
        fix="name the narrowest capability that does",
        source="https://man7.org/linux/man-pages/man7/capabilities.7.html",
        ask=_asks(_is_far_reaching),
    ),
    Rule(
        code="compose-device",
        title="no service uses a device of the host",
        severity=Severity.WARNING,
        docker="",
        why="where the desktop's virtual machine has no such device, installation fails",
        fix="do without the device, or find out at run time whether it is there",
        source=f"{_SERVICES}#devices",
        ask=_asks_for("device", "device-rule", "gpus"),
    ),
    Rule(
        code="compose-unconfined",
        title="no service runs unconfined",
        severity=Severity.WARNING,
        docker="",
        why="without seccomp and its like a fault in the service is a fault of the machine",
        fix="remove the option, or write a profile that allows what is needed",
        source="https://docs.docker.com/engine/security/seccomp/",
        ask=_asks(_is_unconfined),
    ),
    Rule(
        code="compose-engine-socket",
        title="no service controls the engine",
        severity=Severity.NOTE,
        docker="",
        why="with the engine's socket a service can do anything to every container and volume, whatever else it has",
        fix="call docker.cli.exec from the UI where that is enough; otherwise say so in the detailed description",
        source="https://docs.docker.com/extensions/extensions-sdk/guides/use-docker-socket-from-backend/",
        ask=_asks_for("engine-socket", "api-socket"),
    ),
)
