"""The source tree as a source: what the Dockerfile and metadata.json say before anything is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.extension import dockerfile
from dext_tasks.sources.subject import Document, FileSet, LabelSet, NotOfferedError, Place, PlatformSet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dext_tasks.project import Project


@dataclass(frozen=True)
class TreeSource:
    """What a source tree says."""

    project: Project

    @property
    def name(self) -> str:
        """See Subject."""
        return "source tree"

    @property
    def labels(self) -> Sequence[LabelSet]:
        """See Subject.

        Raises:
            DockerfileMissingError: There is none.
            DockerfileInvalidError: BuildKit would refuse it.
        """
        settings = self.project.settings
        file = self.project.dockerfile
        parsed = dockerfile.parse(file.read_bytes(), build_args=dict(settings.build_args))
        found = parsed.effective(settings.build_target or None)
        name = _relative(file, self.project.root)
        places = {key: Place(file=name, line=label.line, label=key) for key, label in found.items()}
        stage = parsed.target(settings.build_target or None)
        return [
            LabelSet(
                None, {key: label.value for key, label in found.items()}, Place(file=name, line=stage.line), places
            )
        ]

    @property
    def documents(self) -> Sequence[Document]:
        """See Subject."""
        file = self.project.root / self.project.settings.metadata
        content = file.read_bytes() if file.is_file() else None
        return [Document(content, Place(file=_relative(file, self.project.root)))]

    @property
    def files(self) -> Sequence[FileSet]:
        """See Subject."""
        raise NotOfferedError("only a built image shows which files it holds")

    @property
    def platforms(self) -> PlatformSet:
        """See Subject."""
        raise NotOfferedError("only built images show their platforms")

    @property
    def tag(self) -> str:
        """See Subject."""
        raise NotOfferedError("a source tree has no version; `inv release` checks the tag")


def _relative(file: Path, root: Path) -> str:
    return str(file.relative_to(root)) if file.is_relative_to(root) else str(file)
