"""Docker by hand, to see what the product did without asking the product."""

from __future__ import annotations

import json
import os
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 280
_TRIES = 10
_PAUSE = 0.2


@dataclass(frozen=True)
class Docker:
    """The docker client.

    Attributes:
        host: Value of DOCKER_HOST; empty for the client's own choice.
        settings: Other variables of the client's.
    """

    host: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        return {**self.settings, **({"DOCKER_HOST": self.host} if self.host else {})}

    def run(self, *args: str) -> str:
        done = self._try(*args)
        assert done.returncode == 0, f"docker {' '.join(args)}: {done.stderr}"
        return done.stdout

    def push(self, *args: str) -> None:
        """Run a command that pushes.

        The engine pushes the manifests of an index side by side, asking for the tag each time, and a registry of the
        2.8 line answers 500 ("invalid checksum digest format") to whoever reads a tag while it is being written:
        https://github.com/distribution/distribution/blob/v2.8.2/registry/storage/driver/filesystem/driver.go
        """
        done = self._try(*args)
        for _ in range(_TRIES):
            if "500 Internal Server Error" not in done.stderr:
                break
            time.sleep(_PAUSE)
            done = self._try(*args)
        assert done.returncode == 0, f"docker {' '.join(args)}: {done.stderr}"

    def _try(self, *args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["docker", *args],
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )

    def answers(self) -> bool:
        try:
            return bool(self.run("version", "--format", "{{.Server.Version}}").strip())
        except (OSError, AssertionError, subprocess.TimeoutExpired):
            return False

    def has_containerd_store(self) -> bool:
        return "io.containerd.snapshotter" in self.run("info", "--format", "{{json .DriverStatus}}")

    def image(self, reference: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = json.loads(self.run("image", "inspect", reference))
        return found[0]

    def references(self, of: str = "") -> list[str]:
        """Names of all images, or of those with a text in their name.

        The engine measures each image that it lists, which takes seconds where many are.
        """
        # A star stands for anything but a slash; no name of the tests has more of these.
        patterns = [f"--filter=reference={'*/' * folders}*{of}*" for folders in range(4)] if of else []
        listing = ("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", *patterns)
        for _ in range(_TRIES):
            # The containerd store answers "content digest ... not found" while somebody else removes an image.
            with suppress(AssertionError):
                return self.run(*listing).split()
            time.sleep(_PAUSE)
        return self.run(*listing).split()

    def traces(self, of: str) -> list[str]:
        """Containers with a text anywhere in their description, networks and volumes with it in their name."""
        return [*self._containers(of), *self._named("network", of), *self._named("volume", of)]

    def _containers(self, of: str) -> list[str]:
        ids = self.run("ps", "--all", "--quiet").split()
        # Somebody else's container may be gone by now; docker inspects the others all the same.
        inspected = json.loads(self._try("container", "inspect", *ids).stdout) if ids else []
        return [f"container {each['Name']}" for each in inspected if of in json.dumps(each)]

    def _named(self, kind: str, of: str) -> list[str]:
        return [f"{kind} {name}" for name in self.run(kind, "ls", "--format", "{{.Name}}").split() if of in name]
