"""What a repository's own files do with images: builds, pushes and instructions to install."""

from __future__ import annotations

from posixpath import join, normpath
from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.errors import ReferenceInvalidError
from dext_tasks.formats.oci.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.formats.docker_command import DockerCommand
    from dext_tasks.formats.gaps import Gaps
    from dext_tasks.scaffold.adoption.found import ValueOrigin


class NamedImage(NamedTuple):
    """An image that something names.

    Attributes:
        name: Without tag, as people write it; with ``…`` for what is not known.
        tag: As written, with gaps; empty if there is none.
        written: The name with gaps.
        reasons: Why it is not known; none if it is.
    """

    name: str
    tag: str
    written: str
    reasons: tuple[str, ...]

    def may_be(self, name: str) -> bool:
        """Whether it is an image, whatever fills its gaps."""
        parts = [""]
        for char in self.written:
            if "\ue000" <= char <= "\uf8ff":
                parts.append("")
            else:
                parts[-1] += char
        if len(parts) == 1:
            return self.name == name
        at = len(parts[0])
        if not name.startswith(parts[0]) or not name.endswith(parts[-1]) or len(name) < at + len(parts[-1]):
            return False
        for part in parts[1:-1]:
            found = name.find(part, at, len(name) - len(parts[-1]))
            if found < 0:
                return False
            at = found + len(part)
        return any(parts)


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

    def places(self) -> Iterator[tuple[str, str]]:
        """Where its Dockerfile and its context may be, from the top."""
        for folder in self.folders:
            here = join(folder, self.command.folder)
            context = inside(join(here, self.command.context))
            named = self.command.dockerfile
            dockerfile = inside(join(here, named) if named else join(here, self.command.context, "Dockerfile"))
            if context is not None and dockerfile is not None:
                yield dockerfile, context

    def images(self) -> Iterator[NamedImage]:
        """The images that it names; what cannot be one is left out."""
        for written in self.command.images:
            name, tag = name_and_tag(written)
            reasons = self.gaps.reasons(name)
            if reasons:
                shown = "".join("…" if self.gaps.reasons(char) else char for char in name)
                yield NamedImage(shown, tag, name, reasons)
                continue
            try:
                yield NamedImage(Reference.parse(name).name, tag, name, ())
            except ReferenceInvalidError:
                continue


def name_and_tag(written: str) -> tuple[str, str]:
    """A reference without tag and digest, and the tag."""
    bare = written.partition("@")[0]
    head, slash, last = bare.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{head}{slash}{name}", tag


def inside(path: str) -> str | None:
    """A path from the top in its normal form, the top itself as an empty string; None if it leads out."""
    made = normpath(path)
    if made.startswith(("/", "../")) or made == "..":
        return None
    return "" if made == "." else made
