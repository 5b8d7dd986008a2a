"""A scaffolded extension of one test."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .program import Program, environment
from .sandbox import ORGANISATION, Sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .docker import Docker
    from .program import Done

REGISTRY = "localhost:5000"
PLATFORMS = ("linux/amd64", "linux/arm64")


@dataclass(frozen=True)
class Extension:
    """A copy of the scaffolded extension, with an image name of its own.

    Attributes:
        folder: Its root.
        repository: ``ORG/NAME``.
        dext: The console script in it.
        docker: The engine its verbs use.
    """

    folder: Path
    repository: str
    dext: Program
    docker: Docker

    @classmethod
    def copy(cls, scaffold: Path, sandbox: Sandbox, folder: Path, docker: Docker) -> Extension:
        shutil.copytree(scaffold, folder, symlinks=True)
        # Tests of the page ask for it.
        env = {**environment(sandbox.folder), **docker.env, "DEXT_SMOKE_UI_RUN": "never"}
        made = cls(folder, f"{ORGANISATION}/{sandbox.slug}", Program(folder, env), docker)
        made.edit("invoke.yaml", f"{ORGANISATION}/scaffold", made.repository)
        made.commit("Name the image")
        return made

    @property
    def image(self) -> str:
        return f"{REGISTRY}/{self.repository}"

    @property
    def builds(self) -> dict[str, str]:
        """The local tag of each platform's build."""
        name = self.repository.replace("/", "_")
        return {platform: f"dext-build/{name}:{platform.replace('/', '-')}" for platform in PLATFORMS}

    def built(self, docker: Docker | None = None) -> set[str]:
        """The local tags that are in an engine, in the one its verbs use unless told otherwise."""
        slug = self.repository.rpartition("/")[2]
        return set(self.builds.values()) & set((docker or self.docker).references(slug))

    def git(self, *args: str) -> str:
        done = replace(self.dext, name="git")(*args)
        assert done.code == 0, done
        return done.out.strip()

    def commit(self, message: str) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def write(self, file: str, content: str) -> None:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    def edit(self, file: str, old: str, new: str) -> None:
        text = (self.folder / file).read_text(encoding="utf-8")
        assert old in text, f"{file} no longer has {old!r}"
        self.write(file, text.replace(old, new))

    def edit_metadata(self, **keys: object) -> None:
        """Set keys of metadata.json; None removes one."""
        data: dict[str, Any] = {**json.loads((self.folder / "metadata.json").read_text(encoding="utf-8")), **keys}
        self.write("metadata.json", json.dumps({key: value for key, value in data.items() if value is not None}))

    def use_busybox(self, shell: str) -> None:
        """A backend that is a line of shell, in an image that builds in no time and that no compose file restricts."""
        command = json.dumps(["sh", "-c", shell])
        self.edit_metadata(vm={"image": "${DESKTOP_PLUGIN_IMAGE}", "exposes": {"socket": "backend.sock"}})
        self.write("Dockerfile", f"FROM busybox:1.37\nCOPY metadata.json icon.svg /\nCOPY ui /ui\nCMD {command}\n")

    def use_backends(self, files: Mapping[str, Path]) -> None:
        """Take a backend that is compiled already, by architecture, in place of the stage that compiles one."""
        for architecture, file in files.items():
            (self.folder / "compiled").mkdir(exist_ok=True)
            shutil.copy2(file, self.folder / "compiled" / architecture)
        text = (self.folder / "Dockerfile").read_text(encoding="utf-8")
        _, final, rest = text.partition("FROM scratch\n")
        assert final, "the template's final stage is no longer FROM scratch"
        stage = "FROM scratch AS backend\nARG TARGETARCH\nCOPY compiled/$TARGETARCH /out/service\n\n"
        self.write("Dockerfile", stage + final + rest)
        self.edit(".dockerignore", "!backend\n", "!backend\n!compiled\n")
        self.commit("Compile elsewhere")

    def release(self, *args: str, **env: str) -> Done:
        return self.dext("release", "--yes", *args, **{"DEXT_SMOKE_SETTLE": "0.2", **env})
