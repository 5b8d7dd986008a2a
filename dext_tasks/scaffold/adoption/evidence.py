"""What a repository's own files do with images: builds, pushes and instructions to install."""

from __future__ import annotations

from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.errors import ReferenceInvalidError
from dext_tasks.formats.docker_command import DockerCommand, docker_commands
from dext_tasks.formats.makefile import read as read_makefile
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.scaffold.adoption.found import ValueOrigin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.formats.gaps import Gaps
    from dext_tasks.scaffold.adoption.listing import RepositoryFiles

_MOST_OF_A_KIND: Final = 100


class Evidence(NamedTuple):
    """One command of docker, or what amounts to one, in a file of the repository.

    Attributes:
        command: What it does; its folder, context and Dockerfile are not from the top yet.
        origin: Where it stands.
        folders: From where it may be run, from the top, the likeliest first.
        gaps: The unknown parts of its texts.
    """

    command: DockerCommand
    origin: ValueOrigin
    folders: tuple[str, ...]
    gaps: Gaps

    def dockerfiles(self) -> Iterator[tuple[str, str]]:
        """Where its Dockerfile and its context may be, from the top."""
        for folder in self.folders:
            here = join(folder, self.command.folder)
            context = inside(join(here, self.command.context))
            named = self.command.dockerfile
            dockerfile = inside(join(here, named)) if named else inside(join(here, self.command.context, "Dockerfile"))
            if context is not None and dockerfile is not None:
                yield dockerfile, context

    def images(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Names of its images without tag, as people write them, and why one cannot be told."""
        for written in self.command.images:
            name = name_of(written)
            reasons = self.gaps.reasons(name)
            if reasons:
                yield self.gaps.shown(name), reasons
                continue
            try:
                yield Reference.parse(name).name, ()
            except ReferenceInvalidError:
                continue


def name_of(written: str) -> str:
    """A reference without tag and digest."""
    bare = written.partition("@")[0]
    head, slash, last = bare.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"


def inside(path: str) -> str | None:
    """A path from the top in its normal form, the top itself as an empty string; None if it leads out."""
    made = normpath(path)
    if made.startswith(("/", "..")):
        return None
    return "" if made == "." else made


def gather(files: RepositoryFiles) -> tuple[Evidence, ...]:
    """All that the files of a repository say."""
    return tuple(_of_makefiles(files))


def _of_makefiles(files: RepositoryFiles) -> Iterator[Evidence]:
    for name in files.matching(is_makefile, _MOST_OF_A_KIND):
        makefile = read_makefile(files.read(name))
        for recipe in makefile.recipes:
            for script in makefile.expand(recipe.text, recipe.target):
                how = f"target {recipe.target}"
                for command in docker_commands(script, makefile.gaps):
                    origin = ValueOrigin(name, recipe.line + command.line - 1, f"{command.verb} of {how}")
                    yield Evidence(command, origin, (dirname(name),), makefile.gaps)


def is_makefile(name: str) -> bool:
    """Whether a file is one of make's by its name."""
    return name in {"Makefile", "makefile", "GNUmakefile"} or name.endswith(".mk")
