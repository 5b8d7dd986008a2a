"""The machine behind an installed extension's page: its backend, its binaries, the engine."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from dext_tasks.architectures import ARCHITECTURES
from dext_tasks.engine.environment import for_running
from dext_tasks.engine.facts import foreigner
from dext_tasks.errors import DextError, why_failed
from dext_tasks.formats.executable.binary import HostOS
from dext_tasks.limits import ENGINE_ANSWER, PAGE_REQUEST
from dext_tasks.online import guard as addresses
from dext_tasks.smoke.backend_client import BackendAnswer, over_target
from dext_tasks.smoke.probes.binaries import container_arguments
from dext_tasks.ui.docker_commands import names_containers
from dext_tasks.ui.gate import Guard
from dext_tasks.ui.machine import (
    Command,
    CommandHost,
    Identity,
    NotThereError,
    PageRequestRefusedError,
    ServiceAnswer,
    ServiceRequest,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dext_tasks.smoke.installation import Trial
    from dext_tasks.ui.machine import PageProcess


@dataclass(frozen=True)
class InstalledMachine:
    """One trial's installation, as its page sees it.

    Attributes:
        trial: The installation.
    """

    trial: Trial

    @property
    def identity(self) -> Identity:
        """See Machine: a Linux desktop of the image's architecture."""
        architecture = self.trial.candidate.platform.architecture
        known = ARCHITECTURES.get(architecture)
        return Identity(
            image=self.trial.candidate.name,
            platform="linux",
            arch=known.node_name if known else architecture,
            hostname="dext-tasks",
        )

    @property
    def project(self) -> str:
        """See Machine."""
        return self.trial.names.project

    def service(self, request: ServiceRequest) -> ServiceAnswer:
        """See Machine."""
        try:
            said = self._ask(request)
        except (OSError, http.client.HTTPException) as error:
            raise NotThereError(f"the backend does not answer: {why_failed(error)}") from error
        return ServiceAnswer(said.status, said.reason, said.body)

    def _ask(self, request: ServiceRequest) -> BackendAnswer:
        channel, path = self.trial.channel, request.url
        if request.url.startswith(("http://", "https://")):
            # Rancher Desktop fetches absolute addresses from the host.
            to = self._outside(request.url)
            channel, path = over_target(to), to.path
        if channel is None:
            raise NotThereError("the extension has no backend with a socket")
        path = path if path.startswith("/") else f"/{path}"
        return channel.ask(request.method, path, PAGE_REQUEST, request.headers, request.body)

    def _outside(self, url: str) -> addresses.Target:
        try:
            return Guard(self.trial.tools.settings.smoke_ui_allow_hosts).of_url(url)
        except addresses.NotPublicError as error:
            raise PageRequestRefusedError(str(error)) from error
        except addresses.AddressRefusedError as error:
            raise NotThereError(str(error)) from error

    def start(self, command: Command) -> PageProcess:
        """See Machine."""
        client = self.trial.tools.engine.client
        if command.where is CommandHost.VM:
            return client.start("exec", *_options(command), self._backend(), command.program, *command.args)
        if command.where is CommandHost.HOST:
            return client.start("start", "--attach", self._host_container(command))
        argv = [command.program, *command.args]
        for name in names_containers(argv):
            self._require_own(name)
        return client.start(*argv, env=for_running(), folder=self._working_folder())

    def _working_folder(self) -> Path:
        """An own one: compose looks for its files in the working folder and in all above it."""
        folder = self.trial.folder / "docker"
        folder.mkdir(exist_ok=True)
        # Ends compose's search: https://docs.docker.com/compose/intro/compose-application-model/#the-compose-file
        (folder / "compose.yaml").write_text("services: {}\n", encoding="utf-8")
        return folder

    def _require_own(self, name: str) -> None:
        """Require that a container is the extension's; of images, networks and volumes there is nothing to hide."""
        client = self.trial.tools.engine.client
        try:
            found = json.loads(client.run("inspect", "--", name, what="docker inspect", seconds=ENGINE_ANSWER))
        except DextError:
            # There is no such thing, which docker says to the page itself.
            return
        if foreign := foreigner(found, self.project):
            raise PageRequestRefusedError(f"{name} is {foreign}, which is not the extension's")

    def _host_container(self, command: Command) -> str:
        """A container of its own, not started yet: to make one again is safe, and engines fail at that for a moment."""
        arguments = container_arguments(self.trial, self._binary(command.program), *_options(command))
        client, what = self.trial.tools.engine.client, f"docker create of {command.program}"
        made = client.run("create", *arguments, *command.args, what=what, seconds=ENGINE_ANSWER)
        return made.decode().strip()

    def _backend(self) -> str:
        if self.trial.watch is None or not self.trial.watch.main:
            raise NotThereError("the extension has no backend container")
        return self.trial.watch.main

    def _binary(self, name: str) -> str:
        paths = [each.path for each in self.trial.metadata.binaries if each.os is HostOS.LINUX]
        found = next((path for path in paths if PurePosixPath(path).name == name), "")
        if not found:
            raise NotThereError(f"spawn {name} ENOENT: metadata.json lists no such binary for linux")
        return found

    def containers(self, options: Mapping[str, object]) -> object:
        """See Machine."""
        return self._listed("/containers/json", "docker ps", options)

    def images(self, options: Mapping[str, object]) -> object:
        """See Machine."""
        return self._listed("/images/json", "docker image ls", options)

    def _listed(self, path: str, what: str, options: Mapping[str, object]) -> object:
        """What the engine lists; the command that lists the same tells which of its faults come and go."""
        query = {key: _query(value) for key, value in options.items()}
        try:
            return self.trial.tools.engine.client.api.get(path, what, query)
        except DextError as error:
            raise PageRequestRefusedError(error.message) from error


def _options(command: Command) -> list[str]:
    """What a command's environment and folder are to docker."""
    options = [option for key, value in command.env.items() for option in ("--env", f"{key}={value}")]
    return options + (["--workdir", command.cwd] if command.cwd else [])


def _query(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
