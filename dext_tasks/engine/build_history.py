"""Which images this program has built, and from what, remembered for the person it runs for.

A build that takes the name of the one before leaves that one without any, and a nameless image tells nobody whose it
is. Nor does a named one tell which folder it was built from: two clones of a project build under the same names. A
label would tell, and would be published.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# Lines without an origin are of earlier versions.
_LINE = regex(r"(\S+) (sha256:[0-9a-f]{64})(?: ([0-9a-f]{64}) (\".*\"))?")
# Some ten thousand builds; what is older is in no engine any more.
_LONGEST = 1_000_000


class BuildOrigin(NamedTuple):
    """What an image was built from.

    Attributes:
        folder: Of the project, absolute.
        state: Digest of what the build was made of.
    """

    folder: str
    state: str


class Builds(NamedTuple):
    """A file with a line a build: local repository, image id, and what it was built from.

    It is a convenience. Where it cannot be read or written, nameless images are left to ``docker image prune``.

    Attributes:
        file: Where they are; None if they are not remembered.
    """

    file: Path | None = None

    def add(self, repository: str, image: str, origin: BuildOrigin | None = None) -> None:
        """Remember a build.

        Args:
            repository: Local repository.
            image: Its id.
            origin: What it was built from; None if that is not known.
        """
        if self.file is None:
            return
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            is_long = self.file.is_file() and self.file.stat().st_size > _LONGEST
            # One write of one line: what builds at the same time do not mix.
            with self.file.open("w" if is_long else "a", encoding="utf-8") as out:
                out.write(_line(repository, image, origin))
        except OSError:
            return

    def images(self, repository: str = "") -> frozenset[str]:
        """Ids of images that were built under a local repository, under any if empty."""
        return frozenset(image for name, image, _ in self._lines() if repository in ("", name))

    def origins(self, image: str) -> tuple[BuildOrigin, ...]:
        """What an image was built from, in order: another build may make the same again; none where it is not known."""
        return tuple(origin for _, each, origin in self._lines() if each == image and origin)

    def forget(self, images: Iterable[str]) -> None:
        """Forget images that are gone."""
        gone = frozenset(images)
        if self.file is None or not gone:
            return
        kept = dict.fromkeys(_line(*each) for each in self._lines() if each[1] not in gone)
        try:
            self.file.write_text("".join(kept), encoding="utf-8")
        except OSError:
            return

    def _lines(self) -> list[tuple[str, str, BuildOrigin | None]]:
        try:
            text = self.file.read_text(encoding="utf-8") if self.file else ""
        except (OSError, ValueError):
            return []
        found = (_LINE.fullmatch(line) for line in text.splitlines())
        return [(match[1], match[2], _origin(match[3], match[4])) for match in found if match]


def _line(repository: str, image: str, origin: BuildOrigin | None) -> str:
    # Whatever is in the folder's name, it is one line of ASCII.
    known = f" {origin.state} {json.dumps(origin.folder)}" if origin else ""
    return f"{repository} {image}{known}\n"


def _origin(state: str | None, folder: str | None) -> BuildOrigin | None:
    try:
        return BuildOrigin(json.loads(folder), state) if state and folder else None
    except ValueError:
        return None
