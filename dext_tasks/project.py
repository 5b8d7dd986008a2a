"""An extension's source tree and its settings."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.errors import (
    DockerfileMissingError,
    FileAccessError,
    ProjectNotFoundError,
    ReferenceInvalidError,
)
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.project_files import STATE_FOLDER, leads_out, require_unlinked, why_unreadable

if TYPE_CHECKING:
    from pathlib import Path

    from dext_tasks.config import Settings
    from dext_tasks.formats.oci.platform import Platform

_DOCKERFILE = "Dockerfile"
# Any of these makes a folder the project's; the nearest one above counts, as git and invoke look for theirs.
_MARKERS = (
    "metadata.json",
    "invoke.yaml",
    "invoke.yml",
    "tasks.py",
    _DOCKERFILE,
    _DOCKERFILE.lower(),
    "pyproject.toml",
)
_FOLDER_DIGITS = 8


def find_root(start: Path) -> Path:
    """The project a folder belongs to.

    Raises:
        ProjectNotFoundError: The folder does not exist, or nothing at or above it looks like a project.
    """
    resolved = named_root(start)
    found = _nearest(resolved)
    if found is None:
        raise ProjectNotFoundError(
            f"no extension at or above {resolved}",
            remedy="make one with `dext new NAME`, or name its folder with --path",
        )
    return found


def named_root(folder: Path) -> Path:
    """A folder that somebody named as the project: that one, whatever lies above it.

    Raises:
        ProjectNotFoundError: The folder does not exist.
        OSError: It cannot be read.
    """
    if not _is_folder(folder):
        raise ProjectNotFoundError(f"{folder} is not a folder", remedy="name the folder of an extension with --path")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder.absolute()))
    return folder.resolve()


def _is_folder(folder: Path) -> bool:
    # Not is_dir(): before 3.14 it raises what a user has no right to see, and since then it calls it missing.
    try:
        return stat.S_ISDIR(folder.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False


def require_extension(root: Path, settings: Settings) -> None:
    """Require that a named folder holds something of an extension; settings may say that it lies deeper.

    Raises:
        ProjectNotFoundError: It does not.
    """
    if _is_marked(root) or any(_is_file(root / name) for name in (settings.dockerfile, settings.metadata)):
        return
    above = _nearest(root)
    near = f"; the nearest one above is in {above}" if above else ""
    raise ProjectNotFoundError(
        f"no extension in {root}{near}",
        remedy="name the folder that has its Dockerfile, or say with --dockerfile where in this one it is",
    )


def _nearest(folder: Path) -> Path | None:
    return next((each for each in (folder, *folder.parents) if _is_marked(each)), None)


def _is_marked(folder: Path) -> bool:
    return any(_is_file(folder / marker) for marker in _MARKERS)


def _is_file(file: Path) -> bool:
    try:
        return file.is_file()
    except (OSError, ValueError):
        # A folder that may not be searched, or a name that no file system takes.
        return False


def _as_buildx_finds_it(file: Path) -> Path:
    """The Dockerfile, also where only its lower-case name is there.

    Follows ``handleLowercaseDockerfile`` in https://github.com/docker/buildx/blob/master/build/utils.go
    """
    lower = file.with_name(_DOCKERFILE.lower())
    if file.name != _DOCKERFILE or _is_file(file) or not _is_file(lower):
        return file
    return lower


@dataclass(frozen=True)
class Project:
    """A source tree with its effective settings.

    Attributes:
        root: Folder of the project, and the build context.
        settings: Effective settings.
        home: The working tree, where ``root`` holds the files of a commit of it instead; None if ``root`` is that.
    """

    root: Path
    settings: Settings
    home: Path | None = None

    @property
    def dockerfile(self) -> Path:
        """The Dockerfile; a setting may name one outside of the project, as ``-f ../Dockerfile`` of buildx does.

        Raises:
            DockerfileMissingError: There is none.
            FileAccessError: Something else is there, or it cannot be read.
            OutsideProjectError: A symbolic link leads to it out of the project.
        """
        named = self.settings.dockerfile
        if self.home:
            # An absolute path leads to the working tree.
            named = os.path.relpath(self.home / named, self.home)
        file = _as_buildx_finds_it(self.root / named)
        require_unlinked(self.root, file)
        if why := why_unreadable(file):
            raise FileAccessError(
                f"{file} {why}", remedy="put a file there that you may read, or set `dockerfile` to another path"
            )
        if not _is_file(file):
            raise DockerfileMissingError(
                f"no {self.settings.dockerfile} in {self.root}",
                remedy="make one, or set `dockerfile` to its path (inv config shows the settings)",
            )
        return file

    @property
    def has_foreign_dockerfile(self) -> bool:
        """Whether the Dockerfile is outside of the project, so that what is not a Dockerfile must not be shown.

        Raises what ``dockerfile`` raises.
        """
        return leads_out(self.root, self.dockerfile)

    @property
    def image(self) -> Reference:
        """Where the extension is published, without tag.

        Raises:
            ReferenceInvalidError: The setting is missing, no reference, or has a tag or digest.
        """
        if not self.settings.image:
            raise ReferenceInvalidError(
                "the setting `image` is missing",
                remedy="write `image: ORG/NAME` under `dext:` in invoke.yaml, or set DEXT_IMAGE",
            )
        reference = Reference.parse(self.settings.image)
        if reference.tag or reference.digest:
            raise ReferenceInvalidError(
                f"the setting `image` is {self.settings.image!r}, with a tag or digest",
                remedy=f"write it as {reference.name}; a release adds the version",
            )
        return reference

    @property
    def name(self) -> str:
        """``org_name``, as Docker Desktop names an extension's project; from the folder where no image is set.

        Folders of one name get different ones: builds, installations and leases are called after it.
        """
        if self.settings.image:
            return self.image.extension
        from hashlib import sha256

        root = self.root.resolve()
        name = "".join(char if char.isalnum() and char.isascii() else "-" for char in root.name.lower()).strip("-")
        return f"{name or 'extension'}-{sha256(os.fsencode(root)).hexdigest()[:_FOLDER_DIGITS]}"

    @property
    def local_repository(self) -> str:
        """The local repository that builds are loaded into.

        It is one of its own: desktops look for versions among the tags of the extension's
        repository, local ones included, and as long as none is semver Rancher Desktop reads a version out
        of any tag with a digit in it, ``linux-amd64`` too.
        """
        return f"dext-build/{self.name}"

    def local_tag(self, platform: Platform) -> str:
        """The local reference a platform's build is loaded under."""
        return f"{self.local_repository}:{platform.slug}"

    def command(self, verb: str) -> str:
        """How a verb is called here: by ``inv`` where there is a tasks.py, by ``dext`` elsewhere."""
        # https://docs.pyinvoke.org/en/stable/concepts/loading.html: a module or a package of that name
        has_tasks = any((self.root / name).is_file() for name in ("tasks.py", "tasks/__init__.py"))
        return f"{'inv' if has_tasks else 'dext'} {verb}"

    @property
    def state(self) -> Path:
        """Folder for what dext-tasks remembers between runs; not for version control."""
        return (self.home or self.root) / STATE_FOLDER
