"""What belongs to one test: a name of its own, a temporary folder of its own, and whatever it leaves behind."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from .docker import Docker

ORGANISATION = "dext-tests"


@dataclass(frozen=True)
class Sandbox:
    """A test's surroundings.

    Attributes:
        slug: Part of the name of everything the test makes, in no other test's names.
        folder: TMPDIR of every command; a short path, because unix sockets are made below it.
        engines: Every engine the test uses.
    """

    slug: str
    folder: Path
    engines: list[Docker] = field(default_factory=lambda: [Docker()])

    @classmethod
    def make(cls) -> Sandbox:
        return cls(f"t{uuid.uuid4().hex[:10]}", Path(tempfile.mkdtemp(prefix="dxt-")))

    def left(self) -> list[str]:
        """What a verb should have removed: containers, networks, volumes, pushed names, processes, files."""
        return [
            *(trace for engine in self.engines for trace in engine.traces(self.slug)),
            *(f"image {name}" for engine in self.engines for name in self._images(engine) if not _is_build(name)),
            *(f"process {name}" for name in self._processes()),
            *(f"file {path}" for path in self.folder.iterdir()),
        ]

    def clear(self) -> None:
        """Remove the images of the test's builds, which stay on purpose."""
        for engine in self.engines:
            images = self._images(engine)
            if images:
                engine.run("image", "rm", "--force", *images)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _images(self, engine: Docker) -> list[str]:
        return engine.references(self.slug)

    def _processes(self) -> list[str]:
        return [
            " ".join(process.info["cmdline"] or [])
            for process in psutil.process_iter(["cmdline", "environ"])
            if (process.info["environ"] or {}).get("TMPDIR") == str(self.folder)
        ]


def _is_build(reference: str) -> bool:
    """Whether a build keeps it on purpose, as it does not what one run alone calls its image."""
    return reference.startswith("dext-build/") and "-run-" not in reference
