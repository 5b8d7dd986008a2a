"""What a release has done so far, kept in the project so that a later run goes on from there."""

from __future__ import annotations

import errno
import json
import os
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from dext_tasks.engine.build import BUILD_SETTINGS, fingerprint
from dext_tasks.errors import JournalError, UnknownPlatformError, why_failed
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.formats.oci.reference import is_digest
from dext_tasks.project_files import ROOM, make_state_folder, open_file
from dext_tasks.release.record import Smoked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dext_tasks.project import Project

_FORMAT = 1
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
IMAGE_SETTINGS: Final = f"{BUILD_SETTINGS}, release.changelog"
"""The settings and variables that ``image_fingerprint`` is of."""


def image_fingerprint(project: Project) -> str:
    """Of the settings that decide what a release's images of a commit are: of its builds, and of the labels it adds.

    The other labels say version and commit, which a journal has anyway.
    """
    return sha256(f"{fingerprint(project)} {project.settings.release_changelog}".encode()).hexdigest()


@dataclass(frozen=True)
class Tested:
    """One platform's image that passed checks and smoke test.

    Attributes:
        image: Id in the engine.
        manifest: Digest of its manifest in the registry; empty until it was pushed.
        smoke: How its smoke test ended.
    """

    image: str
    manifest: str = ""
    smoke: Smoked = Smoked.PASSED


@dataclass(frozen=True)
class Journal:
    """One version's release from one commit.

    Attributes:
        version: The version.
        image: The image, without tag.
        commit: The commit it was built from.
        tested: By platform; empty until all platforms passed.
        index: Digest of the published index; empty until it was verified.
        refused: Tags that the registry did not let be moved, each with its words.
        build: ``image_fingerprint`` of what was tested; empty if that is not known.
        is_apart: Whether its platforms were prepared apart, so that what compares them is still to be checked.
        signed: Digest of the index that was signed; empty until it was.
    """

    version: str
    image: str
    commit: str
    tested: Mapping[Platform, Tested] = field(default_factory=dict)
    index: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)
    build: str = ""
    is_apart: bool = False
    signed: str = ""

    def with_manifest(self, platform: Platform, digest: str) -> Journal:
        """The journal after a platform was pushed."""
        pushed = replace(self.tested[platform], manifest=digest)
        return replace(self, tested={**self.tested, platform: pushed})


@dataclass(frozen=True)
class Journals:
    """The journals of a project's image, a file a version.

    Attributes:
        folder: Where they are.
    """

    folder: Path

    @classmethod
    def of(cls, project: Project) -> Journals:
        """Those of the image that a project is published as.

        Raises:
            ReferenceInvalidError: It has none.
        """
        return cls(project.state / "releases" / quote(project.image.name, safe=""))

    def read(self, version: str) -> Journal | None:
        """The journal of a version; None if there is none that can be read, which only costs repeated work.

        One of another version was copied or renamed, and is not this version's.
        """
        try:
            # A pipe in its place would be waited for.
            with open_file(self.file(version)) as file:
                data = json.loads(file.read())
            found = _parse(data) if data.get("format") == _FORMAT else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, UnknownPlatformError):
            return None
        return found if found and found.version == version else None

    def every(self) -> tuple[Journal, ...]:
        """Those of all versions that can be read."""
        names = sorted(file.stem for file in self.folder.glob("*.json"))
        return tuple(journal for name in names if (journal := self.read(name)))

    def of_commit(self, commit: str, image: str) -> tuple[Journal, ...]:
        """Journals of releases of one commit."""
        return tuple(each for each in self.every() if each.commit == commit and each.image == image)

    def is_published(self, commit: str, image: str, version: str) -> bool:
        """Whether a release of a commit was published and read back, by what was written down here.

        Args:
            commit: The commit.
            image: Without tag.
            version: As which; empty for any.
        """
        found = self.of_commit(commit, image)
        return any(journal.index for journal in found if version in ("", journal.version))

    @contextmanager
    def room(self, version: str) -> Iterator[None]:
        """Have room for what is written while the block lasts, as a build may fill the disk.

        Raises:
            JournalError: There is none.
        """
        spare = self._spare(version)
        try:
            # A release needs a clean tree, and so does the run that goes on with it.
            make_state_folder(self.folder)
            spare.unlink(missing_ok=True)
            # Nothing that has come in its place is followed or written to.
            with spare.open("xb") as file:
                # Some file systems store no zeros.
                file.write(os.urandom(ROOM))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            with suppress(OSError):
                spare.unlink(missing_ok=True)
            raise self._unwritable(error) from None
        try:
            yield
        finally:
            with suppress(OSError):
                spare.unlink(missing_ok=True)

    def write(self, journal: Journal) -> None:
        """Replace the journal of its version in one step that a crash cannot halve.

        Raises:
            JournalError: It cannot be written.
        """
        try:
            try:
                self._write(journal)
            except OSError as error:
                spare = self._spare(journal.version)
                if error.errno not in _NO_ROOM or not spare.exists():
                    raise
                spare.unlink()
                self._write(journal)
        except OSError as error:
            raise self._unwritable(error) from None

    def require_replaceable(self, version: str) -> None:
        """Require that the journal of a version can be replaced, by replacing it with itself; nothing if there is none.

        Raises:
            JournalError: It cannot.
        """
        file = self.file(version)
        if file.is_dir() and not file.is_symlink():
            raise JournalError(
                f"a release cannot write down what it has done: {file} is a folder",
                remedy="remove that folder, then run the same command again",
            )
        if journal := self.read(version):
            self.write(journal)

    def _unwritable(self, error: OSError) -> JournalError:
        return JournalError(
            f"a release cannot write down what it has done, in {self.folder}: {why_failed(error)}",
            remedy="free some space there, or give this user the right to write; then run the same command again, "
            "which continues from what the registry, git and the engine have",
        )

    def _write(self, journal: Journal) -> None:
        make_state_folder(self.folder)
        data = {
            "format": _FORMAT,
            "version": journal.version,
            "image": journal.image,
            "commit": journal.commit,
            "tested": {str(platform): asdict(tested) for platform, tested in journal.tested.items()},
            "index": journal.index,
            "refused": dict(journal.refused),
            "build": journal.build,
            "is_apart": journal.is_apart,
            "signed": journal.signed,
        }
        with NamedTemporaryFile("w", dir=self.folder, suffix=".part", delete=False, encoding="utf-8") as file:
            try:
                json.dump(data, file, indent=2, sort_keys=True)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(self.file(journal.version))
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise

    def _spare(self, version: str) -> Path:
        return self.folder / f"{version}.room"

    def remove(self, version: str) -> None:
        """Forget the journal of a version, if there is one."""
        self.file(version).unlink(missing_ok=True)

    def file(self, version: str) -> Path:
        """Where the journal of a version is."""
        return self.folder / f"{version}.json"


def _parse(data: Mapping[str, Any]) -> Journal:
    tested = {
        Platform.parse(name): Tested(
            _digest(each["image"]), _digest(each["manifest"]), Smoked(each.get("smoke", Smoked.PASSED))
        )
        for name, each in data["tested"].items()
    }
    # What an earlier release of dext-tasks wrote does not have these.
    refused = {_text(tag): _text(why) for tag, why in data.get("refused", {}).items()}
    build = _text(data.get("build", ""))
    return Journal(
        _text(data["version"]),
        _text(data["image"]),
        _text(data["commit"]),
        tested,
        _digest(data["index"]),
        refused,
        build,
        data.get("is_apart") is True,
        _digest(data.get("signed", "")),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _digest(value: object) -> str:
    """A digest or an id, or empty; anything else could be taken for a flag or a name by those who are asked for it."""
    text = _text(value)
    if text and not is_digest(text):
        raise ValueError(text)
    return text
