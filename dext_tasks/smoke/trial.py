"""One installation of one platform's image: each probe is a method that says what it saw."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dext_tasks.engine.services import Services
from dext_tasks.errors import DextError, EmulatorMissingError, MetadataInvalidError
from dext_tasks.extension.labels import TITLE
from dext_tasks.extension.metadata import VM, Metadata, parse
from dext_tasks.smoke import composition
from dext_tasks.smoke.names import LABEL, Names
from dext_tasks.smoke.watch import ProbeFailedError, ProbeSkippedError, Watch

if TYPE_CHECKING:
    from pathlib import Path

    from dext_tasks.config import Settings
    from dext_tasks.engine.client import Client
    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.extension.platform import Platform
    from dext_tasks.sources.snapshot import Snapshot

_GRACE = 5
# How long, and how often, an interrupted run looks for containers that come up after all; seconds.
_LATE = 3.0
_LATE_POLL = 0.5
# Emulated code runs 6 to 10 times slower, a start-up that mostly waits less so.
# https://github.com/pypa/cibuildwheel/issues/1189
EMULATED_FACTOR = 4.0


@dataclass(frozen=True)
class Candidate:
    """What is to be installed.

    Attributes:
        extension: ``org_name``.
        platform: The platform it was built for.
        native: The engine's own platform.
        image: The image.
        snapshot: Its files.
    """

    extension: str
    platform: Platform
    native: Platform
    image: ImageFacts
    snapshot: Snapshot

    @property
    def emulated(self) -> bool:
        """Whether the engine needs an emulator to run it."""
        return self.platform != self.native


@dataclass(frozen=True)
class Patience:
    """How long a probe waits, seconds.

    Attributes:
        answer: For the backend's first answer.
        settle: For which it must then stay up.
        engine_socket: Whether the backend may have the engine's socket if it asks for it.
    """

    answer: float
    settle: float
    engine_socket: bool = False

    @classmethod
    def of(cls, settings: Settings, *, emulated: bool) -> Patience:
        """What the settings say; an emulated backend may take longer to answer."""
        factor = EMULATED_FACTOR if emulated else 1.0
        return cls(settings.smoke_timeout * factor, settings.smoke_settle, settings.smoke_engine_socket)


class Trial:
    """An installation under way.

    Args:
        client: The docker client.
        candidate: What is installed.
        patience: Bounds of the waits.
        folder: A temporary folder, short enough for a socket's path.
    """

    def __init__(self, client: Client, candidate: Candidate, patience: Patience, folder: Path) -> None:
        self._client = client
        self._candidate = candidate
        self._patience = patience
        self._folder = folder
        self._names = Names.of(candidate.extension, candidate.platform, candidate.native)
        self._services = Services(client, self._names.project)
        self._watch: Watch | None = None

    def architecture(self) -> str:
        """The image is for the platform it was built for; with binfmt any other would run just as well."""
        said = self._candidate.image.platform
        if said != self._candidate.platform:
            raise ProbeFailedError(f"the image built for {self._candidate.platform} says it is for {said}")
        return f"{said}, {'emulated' if self._candidate.emulated else 'native'}"

    def extract(self) -> str:
        """Metadata, icon, UI, compose file and host binaries come out of the image as a desktop takes them."""
        metadata = self._metadata()
        facts = self._candidate.snapshot.facts
        absent = [path for path in _named(metadata) if path not in facts]
        if absent:
            raise ProbeFailedError(f"not in the image: {', '.join(absent)}")
        return f"{len(facts)} paths"

    def start(self) -> str:
        """The backend's services are created and started."""
        vm = self._metadata().vm
        if vm is None or not (vm.image or vm.composefile):
            raise ProbeSkippedError("metadata.json names no backend")
        self._require_free()
        document = self._document(vm)
        if composition.wants_engine_socket(document) and not self._patience.engine_socket:
            raise ProbeSkippedError("the backend asks for the engine's socket; allow it with smoke.engine-socket")
        file = self._folder / "compose.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        main = composition.main_service(document, self._candidate.image.reference)
        container = document["services"][main]["container_name"] if main else ""
        self._watch = Watch(self._services, container, emulated=self._candidate.emulated)
        try:
            self._services.up(file)
        except EmulatorMissingError:
            raise
        except DextError as error:
            raise self._watch.failure(error.message, error.detail) from error
        return f"project {self._names.project}"

    def answer(self) -> str:
        """Something listens on the exposed socket and answers HTTP."""
        watch, vm = self._running(), self._metadata().vm
        if vm is None or not vm.socket:
            raise ProbeSkippedError("metadata.json exposes no socket")
        if not _is_file_name(vm.socket):
            raise ProbeFailedError(f"metadata.json exposes {vm.socket!r}, which is not the name of a file")
        began = time.monotonic()
        said = watch.answer(self._guest_services / vm.socket, self._patience.answer)
        return f"GET / over {vm.socket} answered {said} after {time.monotonic() - began:.1f} s"

    def steady(self) -> str:
        """No container restarts while nothing is asked of it."""
        self._running().settle(self._patience.settle)
        return f"no restart within {self._patience.settle:.1f} s"

    def uninstall(self) -> str:
        """Containers, networks and volumes are removed, and none is left."""
        self._running()
        self._services.down(_GRACE)
        if self._client.cancellation.was_asked:
            self._sweep()
        left = self._services.left()
        if left:
            raise ProbeFailedError(f"left behind: {', '.join(left)}")
        return "nothing left behind"

    def _sweep(self) -> None:
        """Remove what appears late: the engine finishes what a client asked for before it was ended."""
        end = time.monotonic() + _LATE
        while time.monotonic() < end:
            self._client.cancellation.sleep(_LATE_POLL)
            if self._services.left():
                self._services.down(_GRACE)

    def _running(self) -> Watch:
        if self._watch is None:
            raise ProbeSkippedError("no backend was started")
        return self._watch

    def _metadata(self) -> Metadata:
        content = self._candidate.snapshot.metadata
        if content is None:
            raise ProbeFailedError("there is no /metadata.json in the image")
        try:
            return parse(content)
        except MetadataInvalidError as error:
            raise ProbeFailedError(error.message) from error

    def _require_free(self) -> None:
        """Sweep what a killed run left, and leave a real installation alone."""
        if self._services.foreign(LABEL):
            raise ProbeFailedError(
                f"{self._names.project} is installed already, and not by a smoke test; uninstall it first"
            )
        if self._services.left():
            self._services.down(_GRACE)

    def _document(self, vm: VM) -> dict[str, Any]:
        own = self._candidate.image.reference
        raw = (
            composition.of_image(composition.substitute(vm.image, own)) if vm.image else self._resolved(vm.composefile)
        )
        self._guest_services.mkdir(mode=0o755, exist_ok=True)
        return composition.installed(
            raw,
            composition.Installation(
                names=self._names,
                title=self._candidate.image.labels.get(TITLE, ""),
                image=own,
                platform=self._candidate.platform,
                guest_services=str(self._guest_services) if vm.socket else "",
            ),
        )

    def _resolved(self, composefile: str) -> dict[str, Any]:
        variables = self._folder / "variables.env"
        variables.write_text(f"{composition.IMAGE_VARIABLE}={self._candidate.image.reference}\n", encoding="utf-8")
        file = self._candidate.snapshot.path(composefile)
        beside = [env for env in (file.parent / ".env",) if env.is_file()]
        try:
            return self._services.resolve(file, [*beside, variables])
        except DextError as error:
            raise ProbeFailedError(error.message, error.detail) from error

    @property
    def _guest_services(self) -> Path:
        return self._folder / "guest"


def _is_file_name(text: str) -> bool:
    # Anything else could lead to a socket of this machine, which would answer in the backend's place.
    return "/" not in text and text not in (".", "..") and text.isprintable()


def _named(metadata: Metadata) -> list[str]:
    paths = [metadata.icon, *(binary.path for binary in metadata.binaries)]
    if metadata.ui:
        paths += [metadata.ui.root, metadata.ui.entry]
    if metadata.vm:
        paths.append(metadata.vm.composefile)
    return [path for path in dict.fromkeys(paths) if path]
