"""The extension's own files for an engine that does not have this machine's folders: in a volume, not mounted.

Every service that mounts one of them is given its place in the same volume, so that they share what they change.
"""

from __future__ import annotations

import tarfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

VOLUME: Final = "dext-files"
"""The volume's name in the document."""
SUBPATH_API: Final = (1, 45)
"""From this version of its API on an engine mounts a part of a volume, which may be a file.

https://docs.docker.com/reference/api/engine/version-history/#v145-api-changes
"""
# The project's folder in the volume, so that it has a name itself.
_ROOT = "project"
# https://docs.docker.com/reference/compose-file/services/#long-syntax (configs and secrets)
_PLACES: Final = {"configs": "/", "secrets": "/run/secrets/"}


@dataclass
class Upload:
    """A document whose mounts of own files are being replaced.

    Attributes:
        folder: The project's folder here.
        needed: Paths in it that a service mounts.
        made: Folders that are to be made if they are missing.
    """

    folder: Path
    needed: set[Path] = field(default_factory=set)
    made: set[Path] = field(default_factory=set)

    def document(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The document with a volume in the place of every own file; its paths are real ones."""
        files = {
            key: {name: source for name, entry in (document.get(key) or {}).items() if (source := self._own(entry))}
            for key in _PLACES
        }
        services = {name: self._service(each, files) for name, each in (document.get("services") or {}).items()}
        if not self.needed:
            return dict(document)
        left = {
            key: {name: entry for name, entry in document[key].items() if name not in found}
            for key, found in files.items()
            if found
        }
        return {**document, **left, "services": services, "volumes": {**(document.get("volumes") or {}), VOLUME: {}}}

    def _own(self, entry: Mapping[str, Any] | None) -> Path | None:
        return self._within((entry or {}).get("file"))

    def _within(self, path: object) -> Path | None:
        # Compose would replace variables in paths, too.
        found = Path(path.replace("$$", "$")) if isinstance(path, str) else None
        return found if found and found.is_relative_to(self.folder) else None

    def _service(self, service: Mapping[str, Any], files: Mapping[str, Mapping[str, Path]]) -> dict[str, Any]:
        made = dict(service)
        mounts = [self._mount(each) for each in service.get("volumes") or []]
        for key, place in _PLACES.items():
            used: Sequence[Mapping[str, Any]] = [each for each in service.get(key) or [] if isinstance(each, dict)]
            own = [each for each in used if each.get("source") in files[key]]
            for each in own:
                target = str(each.get("target") or each["source"])
                absolute = target if target.startswith("/") else place + target
                mounts.append({**self._part(files[key][each["source"]], absolute), "read_only": True})
            if own:
                made[key] = [each for each in service[key] if each not in own]
        return {**made, "volumes": mounts} if mounts else made

    def _mount(self, volume: Any) -> Any:  # noqa: ANN401 - as compose writes it
        if not isinstance(volume, dict) or volume.get("type") != "bind":
            return volume
        source = self._within(volume.get("source"))
        if source is None:
            return volume
        if (volume.get("bind") or {}).get("create_host_path"):
            self.made.add(source)
        kept = {"read_only": True} if volume.get("read_only") else {}
        return {**self._part(source, volume["target"]), **kept}

    def _part(self, source: Path, target: str) -> dict[str, Any]:
        self.needed.add(source)
        path = (Path(_ROOT) / source.relative_to(self.folder)).as_posix().replace("$", "$$")
        return {"type": "volume", "source": VOLUME, "target": target, "volume": {"nocopy": True, "subpath": path}}

    @contextmanager
    def archive(self) -> Iterator[IO[bytes]]:
        """What the volume holds: the whole folder, as a service may mount it by several ways."""
        for path in self.made:
            if not path.exists():
                path.mkdir(parents=True)
        with packed({_ROOT: self.folder}) as archive:
            yield archive


@contextmanager
def packed(files: Mapping[str, Path]) -> Iterator[IO[bytes]]:
    """An archive of files and folders by their names in it; links are kept, and sockets and the like are left out."""

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        return member if member.isreg() or member.isdir() or member.issym() or member.islnk() else None

    with TemporaryFile() as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            for name, path in files.items():
                archive.add(path, arcname=name, filter=plain)
        file.seek(0)
        yield file
