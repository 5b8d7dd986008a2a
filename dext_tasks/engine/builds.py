"""Which images this program has built, remembered for the person it runs for.

A build that takes the name of the one before leaves that one without any, and a nameless image tells nobody whose it
is. A label would tell, and would be published.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_LINE = re.compile(r"(\S+) (sha256:[0-9a-f]{64})")
# Some ten thousand builds; what is older is in no engine any more.
_LONGEST = 1_000_000


@dataclass(frozen=True)
class Builds:
    """A file with a line a build: local repository and image id.

    It is a convenience. Where it cannot be read or written, nameless images are left to ``docker image prune``.

    Attributes:
        file: Where they are; None if they are not remembered.
    """

    file: Path | None = None

    def add(self, repository: str, image: str) -> None:
        """Remember a build."""
        if self.file is None:
            return
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            is_long = self.file.is_file() and self.file.stat().st_size > _LONGEST
            # One write of one line: what builds at the same time do not mix.
            with self.file.open("w" if is_long else "a", encoding="utf-8") as out:
                out.write(f"{repository} {image}\n")
        except OSError:
            return

    def images(self, repository: str = "") -> frozenset[str]:
        """Ids of images that were built under a local repository, under any if empty."""
        return frozenset(image for name, image in self._lines() if repository in ("", name))

    def forget(self, images: Iterable[str]) -> None:
        """Forget images that are gone."""
        gone = frozenset(images)
        if self.file is None or not gone:
            return
        kept = dict.fromkeys(f"{name} {image}\n" for name, image in self._lines() if image not in gone)
        try:
            self.file.write_text("".join(kept), encoding="utf-8")
        except OSError:
            return

    def _lines(self) -> list[tuple[str, str]]:
        try:
            text = self.file.read_text(encoding="utf-8") if self.file else ""
        except (OSError, ValueError):
            return []
        found = (_LINE.fullmatch(line) for line in text.splitlines())
        return [(match[1], match[2]) for match in found if match]
