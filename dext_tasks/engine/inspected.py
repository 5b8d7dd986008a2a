"""From what ``docker container inspect`` says to facts.

Reference: https://docs.docker.com/reference/api/engine/version/v1.45/#tag/Container/operation/ContainerInspect
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dext_tasks.engine.facts import ContainerFacts, Health, HealthStatus, Process

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SERVICE = "com.docker.compose.service"
_PROJECT = "com.docker.compose.project"
# What only the answer of one kind has.
_OF_IMAGE, _OF_NETWORK, _OF_VOLUME = "RootFS", "IPAM", "Mountpoint"
_SHELL = ("/bin/sh", "-c")
_NANO = 1e9
# Of a check that names none: https://docs.docker.com/reference/dockerfile/#healthcheck
_TIMEOUT = 30.0
_STATUSES = {status.value: status for status in HealthStatus}
_PASSED = 0
# Of a check that could not be started or took too long, which its output says.
_NOT_RUN = -1


def container(data: Mapping[str, Any]) -> ContainerFacts:
    """What an element of the answer says."""
    state, config = data.get("State") or {}, data.get("Config") or {}
    return ContainerFacts(
        name=str(data.get("Name", "")).lstrip("/"),
        status=str(state.get("Status", "")),
        exit_code=int(state.get("ExitCode") or 0),
        restarts=int(data.get("RestartCount") or 0),
        service=str((config.get("Labels") or {}).get(_SERVICE, "")),
        health=_health(state.get("Health") or {}, config),
        process=_process(data, config),
        image=str(data.get("Image") or ""),
    )


def foreigner(found: Sequence[Mapping[str, Any]], project: str) -> str:
    """What among the answers of ``docker inspect`` may hold secrets and is not of a compose project; empty if nothing.

    Images, networks and volumes of others may be looked at. What is none of these may not: parts of a swarm, plugins.
    """
    for data in found:
        if "HostConfig" in data:
            labels = (data.get("Config") or {}).get("Labels") or {}
            if labels.get(_PROJECT) != project:
                return "a container"
        elif not data.keys() & {_OF_IMAGE, _OF_NETWORK, _OF_VOLUME}:
            return "something of a swarm, or a plugin"
    return ""


def _process(data: Mapping[str, Any], config: Mapping[str, Any]) -> Process:
    command = tuple(filter(None, (data.get("Path"), *(data.get("Args") or ()))))
    folder = config.get("WorkingDir") or "/"
    paths = [text.removeprefix("PATH=") for text in config.get("Env") or () if text.startswith("PATH=")]
    if not paths:
        return Process(command, folder=folder)
    return Process(command, tuple(filter(None, paths[-1].split(":"))), folder)


def _health(state: Mapping[str, Any], config: Mapping[str, Any]) -> Health:
    check = config.get("Healthcheck") or {}
    # An engine says "none" where there is no check.
    status = _STATUSES.get(str(state.get("Status")), HealthStatus.UNCHECKED)
    if status is HealthStatus.UNCHECKED:
        return Health()
    log = [each for each in state.get("Log") or () if isinstance(each, dict)]
    return Health(
        status,
        _said(log),
        any(each.get("ExitCode") == _PASSED for each in log) or status is HealthStatus.HEALTHY,
        _command(check.get("Test") or (), config.get("Shell") or _SHELL),
        (check.get("Timeout") or 0) / _NANO or _TIMEOUT,
    )


def _said(log: Sequence[Mapping[str, Any]]) -> str:
    if not log:
        return ""
    code, output = log[-1].get("ExitCode"), " ".join(str(log[-1].get("Output") or "").split())
    return output if code == _NOT_RUN and output else ": ".join(filter(None, (f"exit code {code}", output)))


def _command(test: Sequence[str], shell: Sequence[str]) -> tuple[str, ...]:
    kind, *rest = test or ("NONE",)
    if kind == "CMD":
        return tuple(rest)
    return (*shell, *rest) if kind == "CMD-SHELL" else ()
