"""What an existing repository shows of the extensions in it; nothing is written, and nothing of it is run."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property
from posixpath import basename
from typing import TYPE_CHECKING, Final

from dext_tasks.config.repository import own_tag_prefix
from dext_tasks.errors import GitError, ProjectNotFoundError, UsageError
from dext_tasks.extension.tags import version_of
from dext_tasks.git import Git
from dext_tasks.scaffold.adoption.attribution import Attribution
from dext_tasks.scaffold.adoption.building import building
from dext_tasks.scaffold.adoption.extensions import dockerfiles, extensions
from dext_tasks.scaffold.adoption.found import KnownValue, Survey, TagHistory, Unclear, ValueOrigin
from dext_tasks.scaffold.adoption.history import tag_history
from dext_tasks.scaffold.adoption.listing import GITHUB_FOLDER, GITLAB_FILE, list_files
from dext_tasks.scaffold.adoption.readers import gather
from dext_tasks.scaffold.pipelines import PipelineSystem
from dext_tasks.scaffold.repository import origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from dext_tasks.scaffold.adoption.evidence import Evidence
    from dext_tasks.scaffold.adoption.extensions import BuildFile, FoundExtension
    from dext_tasks.scaffold.adoption.listing import RepositoryFiles

_SHOWN: Final = 5
_METADATA: Final = "metadata.json"


def survey(folder: Path) -> Survey:
    """What is found out about the extension in a folder.

    Raises:
        ProjectNotFoundError: There is none.
        UsageError: There are several, none of them in the folder itself.
    """
    found = surveys(folder)
    own = [each for each in found if each.root == folder.resolve()]
    if len(own or found) > 1:
        roots = ", ".join(os.path.relpath(each.root, folder.resolve()) for each in found)
        raise UsageError(f"{folder} holds several extensions: {roots}", remedy="name the folder of one, or add --all")
    return (own or list(found))[0]


def surveys(folder: Path) -> tuple[Survey, ...]:
    """What is found out about every extension in a folder or below it, and of one that is built from above it.

    Raises:
        ProjectNotFoundError: There is none.
    """
    here = folder.resolve()
    files = list_files(here)
    repository = origin(files.top) if (files.top / ".git").exists() else ""
    evidence = gather(files, repository)
    every = extensions(files, evidence)
    inner = os.path.relpath(here, files.top).replace(os.sep, "/")
    wanted = [each for each in every if _is_in(each, "" if inner == "." else inner)]
    if not wanted:
        raise _nothing(folder, files)
    surveyor = _Surveyor(files, repository, Attribution(files, evidence, every))
    return tuple(surveyor.survey(each) for each in wanted)


def _is_in(extension: FoundExtension, folder: str) -> bool:
    prefix = f"{folder}/" if folder else ""
    return f"{extension.root}/".startswith(prefix) or any(each.name.startswith(prefix) for each in extension.files)


def _nothing(folder: Path, files: RepositoryFiles) -> ProjectNotFoundError:
    seen = dockerfiles(files)
    more = f" and {len(seen) - _SHOWN} more" if len(seen) > _SHOWN else ""
    looked = f"looked at {', '.join(seen[:_SHOWN])}{more}" if seen else f"no Dockerfile among {len(files.known)} files"
    return ProjectNotFoundError(
        f"no extension in {folder}: {looked}; that of one copies metadata.json to the image's root, or has its labels",
        remedy="name the folder of an extension, or make one with `dext new NAME`",
    )


@dataclass(frozen=True)
class _Surveyor:
    """What is known of the repository as a whole."""

    files: RepositoryFiles
    repository: str
    attribution: Attribution

    def survey(self, extension: FoundExtension) -> Survey:
        """What is found out about one of its extensions."""
        top = self.files.top
        root = top / extension.root
        builds = self.attribution.builds(extension)
        dockerfile, chosen = self._dockerfile(extension, builds)
        image = self.attribution.images(extension).chosen(self.repository)
        made = building(builds, chosen.arguments)
        return Survey(
            root=root,
            top=top,
            image=image,
            platforms=made.platforms,
            dockerfile=dockerfile,
            metadata=self._metadata(root, chosen),
            build_args=made.args,
            build_target=made.target,
            history=self._history(root, extension, image, builds),
            pipeline=self._pipeline,
            notes=made.notes,
            publishing=self.attribution.publishing(extension),
            shipped={_relative(top / each.name, root): self._metadata(root, each) for each in extension.files},
        )

    def _known(self, root: Path, chosen: BuildFile, used: Mapping[str, ValueOrigin]) -> KnownValue[str]:
        how = "COPY of metadata.json" if chosen.line else "labels of an extension"
        named = (used[chosen.name],) if chosen.name in used else ()
        origins = (*named, ValueOrigin(chosen.name, chosen.line, how))
        return KnownValue(_relative(self.files.top / chosen.name, root), origins)

    def _dockerfile(
        self, extension: FoundExtension, builds: Sequence[Evidence]
    ) -> tuple[KnownValue[str] | Unclear, BuildFile]:
        """The Dockerfile that is built, and the one to go on with."""
        root = self.files.top / extension.root
        used = {self.attribution.dockerfile(each): each.origin for each in reversed(builds)}
        pushed = {self.attribution.dockerfile(each) for each in builds if each.command.is_pushed}
        plain = {each.name for each in extension.files if basename(each.name).lower() == "dockerfile"}
        claims = ([each for each in extension.files if each.name in names] for names in (pushed, set(used), plain))
        left = next(filter(None, claims), None) or list(extension.files)
        known = tuple(self._known(root, each, used) for each in left)
        if len(left) == 1:
            return known[0], left[0]
        why = f"{' and '.join(each.value for each in known)} have equal claim"
        return Unclear("Which Dockerfile is the extension built from?", known, why), left[0]

    def _metadata(self, root: Path, chosen: BuildFile) -> KnownValue[str]:
        if not chosen.metadata:
            return KnownValue(_METADATA)
        place = ValueOrigin(chosen.name, chosen.line, "COPY of metadata.json")
        return KnownValue(_relative(self.files.top / chosen.metadata, root), (place,))

    def _history(
        self, root: Path, extension: FoundExtension, image: KnownValue[str] | Unclear, builds: Sequence[Evidence]
    ) -> TagHistory:
        tags, fault = self._tags
        if fault:
            return TagHistory(KnownValue(own_tag_prefix(root, "v")), doubts=(f"the git tags are not known: {fault}",))
        name = image.value.rpartition("/")[2] if isinstance(image, KnownValue) else ""
        names = (extension.root, root.name if extension.root else "", name, self.repository.rpartition("/")[2])
        others = [each.root for each in self.attribution.every if each.root not in {"", extension.root}]
        others += [basename(each) for each in others]
        history = tag_history(tags, root, names, others, is_alone=self.attribution.is_alone)
        if history.last or isinstance(history.prefix, Unclear):
            return history
        return replace(history, doubts=(*history.doubts, *self._untagged(builds)))

    def _untagged(self, builds: Sequence[Evidence]) -> Iterator[str]:
        """What speaks against there being no version yet, where no git tag holds one."""
        if (self.files.top / ".git" / "shallow").is_file():
            yield "the clone is shallow and may lack git tags; `git fetch --tags` brings them"
        versions = {image.tag: each.origin for each in builds for image in each.images() if version_of(image.tag)}
        for tag, place in versions.items():
            yield f"{place.file}:{place.line} builds {tag}, and no git tag holds that version"

    @cached_property
    def _tags(self) -> tuple[tuple[str, ...], str]:
        """The tags of the repository, and why they are not known."""
        if self.files.fault or not (self.files.top / ".git").exists():
            return (), self.files.fault
        try:
            return tuple(Git(self.files.top).tags()), ""
        except GitError as error:
            return (), error.message

    @cached_property
    def _pipeline(self) -> PipelineSystem | None:
        """The CI system that the repository uses, or that its host has."""
        uses_github = any(name.startswith(f"{GITHUB_FOLDER}/") for name in self.files.names)
        uses_gitlab = GITLAB_FILE in self.files.known
        host = self.repository.partition("//")[2].partition("/")[0]
        if uses_gitlab and (not uses_github or "gitlab" in host):
            return PipelineSystem.GITLAB
        if uses_github or host == "github.com":
            return PipelineSystem.GITHUB
        return PipelineSystem.GITLAB if "gitlab" in host else None


def _relative(path: Path, root: Path) -> str:
    return os.path.relpath(path, root).replace(os.sep, "/")
