"""Docker by hand, to see what the product did without asking the product."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from typing import Any

_SECONDS = 120


@dataclass(frozen=True)
class Docker:
    """The docker client.

    Attributes:
        host: Value of DOCKER_HOST; empty for the client's own choice.
    """

    host: str = ""

    @property
    def env(self) -> dict[str, str]:
        return {"DOCKER_HOST": self.host} if self.host else {}

    def run(self, *args: str, stdin: str | None = None) -> str:
        done = subprocess.run(
            ["docker", *args],
            env={**os.environ, **self.env},
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"docker {' '.join(args)}: {done.stderr}"
        return done.stdout

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

    def references(self) -> list[str]:
        return self.run("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split()

    def traces(self, of: str) -> list[str]:
        """Containers, networks and volumes that have a text anywhere in their description."""
        # Nothing else that uses this engine carries these labels with our names in them.
        return [*self._containers(of), *self._named("network", of), *self._named("volume", of)]

    def _containers(self, of: str) -> list[str]:
        ids = self.run("ps", "--all", "--quiet").split()
        found = []
        for container in ids:
            try:
                inspected = self.run("container", "inspect", container)
            except AssertionError:
                continue  # somebody else's, gone between the two commands
            if of in inspected:
                found.append(f"container {json.loads(inspected)[0]['Name']}")
        return found

    def _named(self, kind: str, of: str) -> list[str]:
        return [f"{kind} {name}" for name in self.run(kind, "ls", "--format", "{{.Name}}").split() if of in name]
