"""What puts files into the image of a stage: its COPY and ADD instructions, and whatever a RUN does.

Semantics: https://docs.docker.com/reference/dockerfile/#copy
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from posixpath import basename, dirname, join, normpath
from typing import TYPE_CHECKING, Final

from dext_tasks.extension.dockerfile import arguments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dext_tasks.extension.dockerfile.instructions import Instruction
    from dext_tasks.extension.dockerfile.stages import Stage

# Variables and quotes are not followed.
_UNCLEAR = re.compile(r"[$\"'\\]")
# What ADD fetches or unpacks.
_MADE_OF_OTHERS = re.compile(r"://|^git@|\.(?:tar|tgz|gz|bz2|xz|tbz2|txz|zst)$|\.tar\.\w+$")
_WILDCARD = re.compile(r"[*?\[]")
_UNFOLLOWED_FLAGS = ("--parents", "--exclude")


@dataclass(frozen=True)
class Copy:
    """One instruction that puts files into an image.

    Attributes:
        sources: Paths in the build context or in the image of another stage, as written.
        destination: Absolute path in the image, without a slash at its end.
        is_folder: Whether the destination is certainly a folder.
        origin: The stage or image it copies from; empty for the build context.
        is_clear: Whether nothing but its sources decides what it makes.
    """

    sources: tuple[str, ...]
    destination: str
    is_folder: bool = True
    origin: str = ""
    is_clear: bool = True

    def can_make(self, path: str) -> bool:
        """Whether a file may come from here.

        Args:
            path: Absolute, in the image.
        """
        return path == self.destination or f"{path}/".startswith(f"{self.destination.rstrip('/')}/")

    def candidates(self, path: str) -> Iterator[str]:
        """What the file is a copy of, relative to the origin's root; any of them, if it is there.

        Args:
            path: Absolute, in the image.
        """
        rest = path[len(self.destination) :].strip("/")
        for source in self.sources:
            clean = normpath(source)
            if not rest:
                # One file under the name of the destination.
                found = [] if self.is_folder else [clean]
            elif _WILDCARD.search(source):
                found = [join(dirname(clean), rest)] if _matches(rest, basename(clean)) else []
            else:
                # A file in the destination, or what a folder holds.
                found = [*([clean] if rest == basename(clean) else []), join(clean, rest)]
            yield from map(relative, found)

    @property
    def has_wildcard(self) -> bool:
        """Whether folders may be among the sources whose names are not known here."""
        return any(map(_WILDCARD.search, self.sources))


_ANYTHING: Final = Copy((), "/", is_clear=False)


def copies(chain: Sequence[Stage]) -> Iterator[Copy]:
    """What puts files into the image of the last of a chain of stages, in order.

    Args:
        chain: Each is built on the one before, the first of them on an image, whose working directory is taken
            to be the root.
    """
    folder = "/"
    for stage in chain:
        for instruction in stage.instructions:
            match instruction.keyword:
                case "WORKDIR":
                    folder = normpath(join(folder, instruction.text.strip()))
                case "RUN":
                    yield _ANYTHING
                case "COPY" | "ADD":
                    yield _copy(instruction, folder)


def _copy(instruction: Instruction, folder: str) -> Copy:
    words = arguments.expandable(instruction)
    if "<<" in instruction.text or len(words) < 2 or any(map(_UNCLEAR.search, (words[-1], folder))):  # noqa: PLR2004
        return _ANYTHING
    *sources, destination = words
    return Copy(
        sources=tuple(sources),
        destination=normpath(f"/{join(folder, destination)}").replace("//", "/"),
        is_folder=len(sources) > 1 or destination.endswith(("/", "/.")) or destination in {".", ".."},
        origin=instruction.flag("from"),
        is_clear=not any(map(_is_unclear, sources)) and not any(map(_is_unfollowed, instruction.flags)),
    )


def _is_unclear(source: str) -> bool:
    return bool(_UNCLEAR.search(source) or _MADE_OF_OTHERS.search(source))


def _is_unfollowed(flag: str) -> bool:
    return flag.startswith(_UNFOLLOWED_FLAGS) or "$" in flag


def _matches(name: str, pattern: str) -> bool:
    return "/" not in name and fnmatchcase(name, pattern)


def relative(path: str) -> str:
    """A source as a path below the root of what is copied from, which it cannot leave."""
    return normpath(f"/{path}").lstrip("/")
