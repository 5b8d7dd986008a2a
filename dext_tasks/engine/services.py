"""A compose project in the engine: start, look, stop, and what is left of it."""

from __future__ import annotations

import io
import json
import os
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any

from dext_tasks.engine import facts
from dext_tasks.engine.api_request import ApiRequest, filtered, is_number, named
from dext_tasks.engine.client import RUN_LABEL
from dext_tasks.engine.environment import for_reading, for_running
from dext_tasks.engine.exec_stream import FRAME
from dext_tasks.engine.facts import PROJECT_LABEL
from dext_tasks.engine.faults import tail
from dext_tasks.engine.files import MOUNTED, ImageFiles, image_files
from dext_tasks.engine.labelled import containers, networks, remove_container, remove_volume, volumes
from dext_tasks.engine.sweep import is_used_elsewhere
from dext_tasks.errors import EmulatorMissingError, EngineCommandError, EngineTimeoutError
from dext_tasks.limits import ENGINE_ANSWER, IMAGE_PULL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dext_tasks.engine.api import Answer
    from dext_tasks.engine.client import Client
    from dext_tasks.engine.facts import ContainerFacts, ImageFacts
    from dext_tasks.engine.labelled import Labelled
    from dext_tasks.runtime.cancellation import Cancellation

_NONE: Mapping[str, str] = MappingProxyType({})
_FRAMED = "application/vnd.docker.multiplexed-stream"
GUEST_OF = "dev.dext-tasks.beside"
"""Label of a container or volume that is made beside a project, with the project's name."""
# https://github.com/docker/compose/blob/v2.26.1/pkg/api/labels.go
_VOLUME_LABEL = "com.docker.compose.volume"


_PIECE = 1 << 16
# After which a container may be in another state: https://docs.docker.com/reference/cli/docker/system/events/
_HAPPENINGS = ("die", "health_status", "oom", "start")
# Seconds between two looks, where an engine has broken off telling what happens.
_LOOK = 0.5
# Seconds for which the end of a run waits for services that are being started: longer than to create and start them
# takes on a busy machine, but not as long as to fetch their images or to wait for their health.
_UP_GRACE = 10.0


class Happenings:
    """A stream of what happens to containers; who waits on it looks for themselves what it was.

    Args:
        answer: The engine's, which lasts as long as the engine.
        cancellation: Of the run.
    """

    def __init__(self, answer: Answer, cancellation: Cancellation) -> None:
        self._answer = answer
        self._cancellation = cancellation

    def wait(self, seconds: float) -> bool:
        """Wait until something may have happened, or no longer than so many seconds; whether it may have.

        Raises:
            InterruptedError: The run is to end.
        """
        if self._answer.is_broken_off:
            self._cancellation.sleep(min(seconds, _LOOK))
            return True
        return self._answer.comes(seconds)


@dataclass(frozen=True)
class Services:
    """One compose project.

    Attributes:
        client: The docker client.
        project: Its name.
    """

    client: Client
    project: str
    _listening: ExitStack = field(default_factory=ExitStack, init=False, repr=False, compare=False)

    def resolve(self, file: Path, env_files: Sequence[Path], environment: Mapping[str, str] = _NONE) -> dict[str, Any]:
        """A compose file as compose understands it: interpolated, merged, paths resolved.

        Args:
            file: In the folder it is resolved in.
            env_files: With more variables.
            environment: Variables of the caller's that it is given; others are not even there.

        Raises:
            EngineCommandError: Compose refuses it.
        """
        named = [word for each in env_files for word in ("--env-file", str(each))]
        out = self.client.run_apart(
            *("compose", "--file", str(file), *named, "--project-name", self.project, "config", "--format", "json"),
            what="docker compose config",
            seconds=ENGINE_ANSWER,
            env={**for_reading(), **environment},
            folder=file.parent,
        )
        document = _json(out)
        if not isinstance(document, dict):
            raise EngineCommandError("docker compose config gave no mapping", remedy="check the compose file")
        return document

    def up(self, file: Path, environment: Mapping[str, str] = _NONE) -> None:
        """Create and start everything a compose file names; what it says to pull is pulled, nothing is built.

        Args:
            file: In a folder of this run's own.
            environment: Variables of the caller's that it is given.
        """
        self._changed(
            *("--file", str(file), "--project-name", self.project),
            *("up", "--detach", "--no-build", "--no-color", "--quiet-pull"),
            what="docker compose up",
            seconds=IMAGE_PULL,
            grace=_UP_GRACE,
            env={**for_running(), **environment},
            folder=file.parent,
        )

    def down(self, grace: int) -> None:
        """Stop and remove containers, networks and volumes; runs to its end although the run was interrupted.

        Args:
            grace: Seconds until a container that ignores SIGTERM is killed.
        """
        with self.client.cancellation.shielded():
            self._listening.close()
            vars(self).pop("happenings", None)
            self._changed(
                *("--project-name", self.project),
                *("down", "--remove-orphans", "--timeout", str(grace), "--volumes"),
                what="docker compose down",
                seconds=ENGINE_ANSWER + grace,
                grace=ENGINE_ANSWER + grace,
                env=for_running(),
                # Compose reads an .env of its working folder; nobody but root leaves one here.
                folder=Path(os.sep),
            )

    def _changed(
        self, *args: str, what: str, seconds: float, grace: float, env: Mapping[str, str], folder: Path
    ) -> None:
        """Have compose make the engine hold what is wanted, which it begins with a look at what there is."""

        def once() -> None:
            self.client.run_to_end("compose", *args, what=what, seconds=seconds, grace=grace, env=env, folder=folder)

        self.client.again(what, once)

    def fill(self, volume: str, image: ImageFacts, archive: IO[bytes]) -> None:
        """Make a volume of the project and unpack an archive in it, where the engine has no folders of this machine.

        Args:
            volume: Its name in the compose file.
            image: Any one that the engine has.
            archive: What is in it.
        """
        labels = {PROJECT_LABEL: self.project, _VOLUME_LABEL: volume}
        self._fill(f"{self.project}_{volume}", labels, image, archive)

    def fill_guest(self, image: ImageFacts, archive: IO[bytes]) -> str:
        """As ``fill``, for containers that are started beside the project; the name of the volume."""
        name = f"{self.project}_dext-{self.client.run_id}"
        self._fill(name, {GUEST_OF: self.project}, image, archive)
        return name

    def _fill(self, name: str, labels: Mapping[str, str], image: ImageFacts, archive: IO[bytes]) -> None:
        asked = {"Name": name, "Labels": {**labels, RUN_LABEL: self.client.mark}}
        self.client.api.ask(
            ApiRequest("POST", "/volumes/create", f"docker volume create {name}", body=asked, repeatable=True)
        )
        with image_files(self.client, image.reference, image.platform, name) as files:
            files.write(MOUNTED, archive)

    def remove_guests(self) -> None:
        """Remove what is beside the project: containers, of which one whose client was killed runs on, and volumes."""
        label = f"{GUEST_OF}={self.project}"
        with self.client.cancellation.shielded():
            for guest in containers(self.client.api, label):
                remove_container(self.client.api, guest.identity)
            for volume in volumes(self.client.api, label):
                remove_volume(self.client.api, volume.identity)

    def containers(self) -> list[ContainerFacts]:
        """Every container of the project, running or not."""
        api, what = self.client.api, "docker container inspect"
        found = [api.get(f"/containers/{each.identity}/json", what) for each in containers(api, self._label)]
        with api.understood(what):
            made = [facts.container(each) for each in found]
        return [self._with_last_end(*each) for each in zip(made, found, strict=True)]

    def _with_last_end(self, container: ContainerFacts, data: Mapping[str, Any]) -> ContainerFacts:
        """The container with the exit code of its last end; a restart sets back to 0 what inspect shows.

        https://github.com/moby/moby/blob/v26.1.5/container/state.go (SetRunning)
        """
        if not container.restarts or container.status != "running":
            return container
        # The engine's own times, for its clock need not be this machine's.
        until = _seconds((data.get("State") or {}).get("StartedAt"))
        wanted = filtered(container=str(data.get("Id", container.name)), event="die")
        question = ApiRequest("GET", "/events", "docker events", {"since": "0", "until": until, **wanted})
        with self.client.api.answered(question) as answer:
            said = answer.read()
        with self.client.api.understood("docker events"):
            codes = list(_exit_codes(said))
        return replace(container, exit_code=codes[-1]) if codes else container

    def logs(self, container: str, lines: int) -> str:
        """The last lines a container wrote, to either stream."""
        query = {"stdout": "1", "stderr": "1", "tail": str(lines)}
        question = ApiRequest("GET", f"/containers/{named(container)}/logs", f"docker logs {container}", query)
        with self.client.api.answered(question) as answer:
            is_framed = answer.headers.get_content_type() == _FRAMED
            said = answer.read()
        if is_framed:
            said = b"".join(_frames(io.BytesIO(said)))
        return tail(_readable(said.decode(errors="replace")), lines)

    def check(self, container: ContainerFacts, seconds: float) -> bool:
        """Run a container's health check now, out of turn; whether it passes within that time."""
        try:
            return self._executed(container.name, container.health.command, seconds) == 0
        except (EmulatorMissingError, EngineCommandError, EngineTimeoutError):
            # It cannot be started, or takes too long; or the container has ended.
            return False

    def _executed(self, container: str, command: Sequence[str], seconds: float) -> int | None:
        """Run a command in a running container until it ends, and give its exit code; what it says is dropped."""
        api, what = self.client.api, f"docker exec {container}"
        body = {"Cmd": list(command), "AttachStdout": True, "AttachStderr": True}
        made = api.ask(ApiRequest("POST", f"/containers/{named(container)}/exec", what, body=body))
        with api.understood(what):
            path = f"/exec/{named(str((made or {}).get('Id')))}"
        start = ApiRequest("POST", f"{path}/start", what, body={"Detach": False}, seconds=seconds)
        with api.answered(start) as answer:
            while answer.read(_PIECE):
                pass
        found = api.get(f"{path}/json", what)
        with api.understood(what):
            code: int | None = (found or {}).get("ExitCode")
        return code

    @cached_property
    def happenings(self) -> Happenings:
        """What happens to the project's containers from the first use on until it is taken down.

        It takes one connection for all of that, as one by ssh takes its time.
        """
        query = filtered(type="container", label=self._label, event=_HAPPENINGS)
        question = ApiRequest("GET", "/events", "docker events", query)
        return Happenings(self._listening.enter_context(self.client.api.answered(question)), self.client.cancellation)

    def head(self, container: str, path: str, most: int) -> bytes | None:
        """The first bytes of a file in a container, running or not; None if there is no file."""
        return ImageFiles(self.client, container).head(path, most)

    def foreign(self, label: str) -> list[str]:
        """Containers of the project without a label: somebody else's."""
        found = containers(self.client.api, self._label)
        return [each.identity for each in found if not each.labels.get(label)]

    def is_used_elsewhere(self, seconds: float) -> bool:
        """Whether a run of another machine made something of it no longer ago than so many seconds.

        Its networks and volumes are the last that it removes.
        """
        return is_used_elsewhere((each for _, each in self._things()), seconds)

    def left(self) -> list[str]:
        """What is still there of the project, each as ``kind name``, whoever made it."""
        return [f"{kind} {each.identity}" for kind, each in self._things()]

    def left_by_this_run(self) -> list[str]:
        """What is still there, as above, but for what other runs made meanwhile; nothing after a clean ``down``."""
        mark = self.client.mark
        return [f"{kind} {each.identity}" for kind, each in self._things() if each.labels.get(RUN_LABEL, mark) == mark]

    def _things(self) -> list[tuple[str, Labelled]]:
        api, kinds = self.client.api, {"container": containers, "network": networks, "volume": volumes}
        with self.client.cancellation.shielded():
            return [(kind, each) for kind, ask in kinds.items() for each in ask(api, self._label)]

    @property
    def _label(self) -> str:
        return f"{PROJECT_LABEL}={self.project}"


def _seconds(moment: object) -> str:
    """A moment as inspect shows it, as ``/events`` takes it; now, where there is none."""
    try:
        return f"{datetime.fromisoformat(str(moment)).timestamp():.6f}"
    except ValueError:
        return f"{time.time():.6f}"


def _exit_codes(events: bytes) -> Iterator[int]:
    """Of containers that ended, in order; an event each line."""
    for line in events.splitlines():
        event = _json(line)
        attributes = (event.get("Actor") or {}).get("Attributes") or {} if isinstance(event, dict) else {}
        code = str(attributes.get("exitCode"))
        if is_number(code):
            yield int(code)


def _frames(answer: IO[bytes]) -> Iterator[bytes]:
    """What both streams of a container without a terminal said, in its order."""
    while len(header := answer.read(FRAME.size)) == FRAME.size:
        _, length = FRAME.unpack(header)
        yield answer.read(length)


def _readable(said: str) -> str:
    """Text whose carriage returns can be seen, but for those that end a line."""
    return said.replace("\r\n", "\n").replace("\r", "\\r")


def _json(said: bytes) -> object:
    try:
        document: object = json.loads(said)
    except ValueError:
        return None
    return document
