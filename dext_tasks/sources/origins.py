"""Where the files of an image lie in the source tree it is built from."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import basename
from typing import TYPE_CHECKING

from dext_tasks.extension.dockerfile.copies import Copy, copies, relative

if TYPE_CHECKING:
    from pathlib import Path

    from dext_tasks.extension.dockerfile import Dockerfile
    from dext_tasks.extension.dockerfile.stages import Stage

# What a file of text may cost: instructions looked at, and stages gone through on the way.
_MOST_LOOKS = 2000
_MOST_STAGES = 50
_PICTURES = (".svg", ".png")


@dataclass(frozen=True)
class Origin:
    """What is known of where a file comes from.

    Attributes:
        file: The file in the tree that it is a copy of; None if there is none.
        is_sure: Whether nothing else can have made or changed it: no command, no foreign image, no archive.
    """

    file: Path | None
    is_sure: bool


class Origins:
    """Follows COPY and ADD back to the tree.

    Docker's official images are taken to hold none of an extension's files; what others hold is not known.

    Args:
        root: The build context.
        document: The Dockerfile.
        target: Name of the stage that is built; empty for the last one.
    """

    def __init__(self, root: Path, document: Dockerfile, target: str) -> None:
        self._root = root
        self._document = document
        self._target = target
        self._copies: dict[int, list[Copy]] = {}
        # One rule after another asks for the same few files.
        self._known: dict[str, Origin] = {}
        self._looks = 0

    def of(self, path: str) -> Origin:
        """Where a file comes from.

        Args:
            path: Absolute, in the image.
        """
        if path not in self._known:
            self._looks = 0
            self._known[path] = self._find(path, self._document.target(self._target or None))
        return self._known[path]

    def lack(self, path: str) -> bool:
        """Whether it is certain that there will be no such file.

        Args:
            path: Absolute, in the image.
        """
        found = self.of(path)
        return found.file is None and found.is_sure

    def _find(self, path: str, stage: Stage) -> Origin:
        is_sure = True
        # What is copied last replaces what was there.
        for copy in reversed(self._copies_of(stage)):
            self._looks += 1
            if self._looks > _MOST_LOOKS or len(self._copies) > _MOST_STAGES:
                return Origin(None, is_sure=False)
            if copy.can_make(path):
                found = self._followed(copy, path, stage)
                is_sure = is_sure and found.is_sure
                if found.file:
                    return Origin(found.file, is_sure)
        return Origin(None, is_sure and self._is_known(stage))

    def _followed(self, copy: Copy, path: str, stage: Stage) -> Origin:
        source = self._source(copy, stage)
        if not copy.is_clear or (copy.origin and source is None):
            return Origin(None, is_sure=False)
        is_sure = not copy.has_wildcard and (source is not None or self._is_whole(copy, path))
        for candidate in copy.candidates(path):
            found = self._find(f"/{candidate}", source) if source else Origin(self._in_tree(candidate), is_sure=True)
            is_sure = is_sure and found.is_sure
            if found.file:
                return Origin(found.file, found.is_sure)
        return Origin(None, is_sure)

    def _is_whole(self, copy: Copy, path: str) -> bool:
        """Whether everything is there that is copied; what is not yet there is made before the build.

        Programs and pages are made so; of a picture that is copied by its name nobody can say that.
        """
        is_picture = path.endswith(_PICTURES)
        return all(self._is_there(each) or (is_picture and basename(each) == basename(path)) for each in copy.sources)

    def _source(self, copy: Copy, stage: Stage) -> Stage | None:
        """The earlier stage that is copied from."""
        earlier = self._document.stages[: stage.index]
        named = [each for each in earlier if copy.origin and copy.origin.lower() in {each.name, str(each.index)}]
        return named[-1] if named else None

    def _copies_of(self, stage: Stage) -> list[Copy]:
        if stage.index not in self._copies:
            chain = [stage]
            while chain[-1].parent is not None:
                chain.append(self._document.stages[chain[-1].parent])
            self._copies[stage.index] = list(copies(chain[::-1]))
        return self._copies[stage.index]

    def _is_known(self, stage: Stage) -> bool:
        """Whether a stage begins with nothing, or with an image that everybody knows."""
        while stage.parent is not None:
            stage = self._document.stages[stage.parent]
        return "/" not in stage.base.removeprefix("docker.io/").removeprefix("library/")

    def _is_there(self, source: str) -> bool:
        try:
            return (self._root / relative(source)).exists()
        except (OSError, ValueError):
            return False

    def _in_tree(self, candidate: str) -> Path | None:
        file = self._root / candidate
        try:
            return file if file.is_file() else None
        except (OSError, ValueError):
            # Longer than any file system takes, or with a NUL in it.
            return None
