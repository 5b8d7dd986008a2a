"""The pipelines of an extension's repository, rendered from the sources that the template has them from, too."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from dext_tasks._version import __version__
from dext_tasks.architectures import ARCHITECTURES
from dext_tasks.config.repository import folder_in_repository, repository_top
from dext_tasks.errors import DirectoryNotEmptyError, ProjectNotFoundError, UsageError
from dext_tasks.formats.oci.reference import DOCKER_HUB
from dext_tasks.matrix import COMMON
from dext_tasks.monorepo import require_apart
from dext_tasks.project_files import beginning, open_file, require_unlinked, why_unreadable
from dext_tasks.scaffold.destination import unwritable
from dext_tasks.scaffold.file_changes import FileState
from dext_tasks.scaffold.file_replacing import replace_files
from dext_tasks.scaffold.templates import template_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.project import Project

T = TypeVar("T")
_PARTS: Final = "parts/pipelines"
# Neither YAML nor a shell, a pattern of a git tag or an expression of GitHub reads anything into these.
_PLAIN: Final = re.compile(r"[A-Za-z0-9._/-]*")
# What the tool is installed as: https://packaging.python.org/en/latest/specifications/dependency-specifiers/
PACKAGE: Final = f"dext-tasks[ui]=={__version__}"


class PipelineSystem(StrEnum):
    """A system that runs pipelines."""

    GITHUB = "github"
    GITLAB = "gitlab"


_FILES: Final[Mapping[PipelineSystem, Mapping[str, str]]] = {
    PipelineSystem.GITHUB: {
        ".github/workflows/extension-check.yml": "github-check.yml.jinja",
        ".github/workflows/extension-release.yml": "github-release.yml.jinja",
    },
    PipelineSystem.GITLAB: {".gitlab-ci.yml": "gitlab-ci.yml.jinja"},
}


@dataclass(frozen=True)
class _Machine:
    """What GitLab runs a platform's jobs on.

    Attributes:
        name: Of the platform.
        runner: Tag of the runner.
        emulated: Architecture that it needs an emulator for; empty if it needs none.
    """

    name: str
    runner: str
    emulated: str = ""


@dataclass(frozen=True)
class _Extension:
    """One extension, as the sources of pipelines know it.

    Attributes:
        path: Its folder, from the top of the repository; ``.`` at the top.
        tag_prefix: What precedes the version in its git tags.
        registry: Host that it is published on; empty for Docker Hub.
        platforms: Where each platform is tested, on GitLab.
    """

    path: str
    tag_prefix: str
    registry: str
    platforms: tuple[_Machine, ...] = field(default=())


@dataclass(frozen=True)
class Pipeline:
    """Files of a pipeline, not yet written.

    Attributes:
        top: The repository's.
        files: What is in each, by its path from there.
    """

    top: Path
    files: Mapping[str, str]

    @property
    def present(self) -> tuple[str, ...]:
        """Files that are there already, with something else in them."""
        return tuple(name for name, text in self.files.items() if self._differs(self.top / name, text))

    @property
    def unchanged(self) -> tuple[str, ...]:
        """Files that are there already, as they would be written."""
        return tuple(name for name in self.files if name not in self.present and os.path.lexists(self.top / name))

    @staticmethod
    def _differs(path: Path, text: str) -> bool:
        content = text.encode()
        try:
            # A link of the repository's may lead to what has no end.
            if not os.path.lexists(path):
                return False
            with open_file(path) as stream:
                return beginning(stream, len(content) + 1) != content
        except OSError:
            return True

    def require_absent(self) -> None:
        """Require that no file would be replaced.

        Raises:
            DirectoryNotEmptyError: One would.
        """
        if self.present:
            raise DirectoryNotEmptyError(
                f"{', '.join(self.present)} of {self.top} {'are' if len(self.present) > 1 else 'is'} there already",
                remedy="look at --dry-run, and replace with --force what git can bring back; "
                "of several extensions, name each with --extension",
            )

    def write(self) -> None:
        """Write every file, or none.

        Raises:
            FileAccessError: One cannot be written.
            OutsideProjectError: One is a link that leads out of the repository, or below one.
            ScaffoldError: Something else is in the place of one.
        """
        for name in self.files:
            require_unlinked(self.top, self.top / name)
            if why := why_unreadable(self.top / name):
                raise unwritable(self.top / name, why)
        # What a link in the repository leads to is written, and the link stays.
        top = self.top.resolve()
        places = {(top / name).resolve().relative_to(top).as_posix(): text for name, text in self.files.items()}
        try:
            with replace_files(top, {place: FileState(text.encode()) for place, text in places.items()}):
                pass
        except OSError as error:
            raise unwritable(top, error) from error


def pipeline(system: PipelineSystem, projects: Sequence[Project], *, emulate: bool = False) -> Pipeline:
    """The pipeline of a repository with one extension or several.

    Args:
        system: What runs it.
        projects: Each extension.
        emulate: Whether every platform is tested on a machine with an amd64 processor.

    Raises:
        ConfigError: Two have the same image, or git tags that could be confused.
        ProjectNotFoundError: They are not in one git repository.
        ReferenceInvalidError: One has no image.
        UsageError: They cannot have one pipeline.
    """
    top = _top(projects)
    extensions = [_extension(each, emulate=emulate) for each in projects]
    # No release of one of them would pass, and a tag would be taken for that of the other.
    require_apart(projects)
    registry = _only((each.registry for each in extensions), "are published in different registries")
    values = {"extensions": extensions, "registry": registry, "package": PACKAGE}
    if system is PipelineSystem.GITLAB:
        platforms = _only((each.platforms for each in extensions), "have different platforms or runners")
        emulated = sorted({each.emulated for each in platforms if each.emulated})
        values |= {"platforms": platforms, "emulated": emulated}
    else:
        values |= {"runners": " --runs-on ubuntu-24.04" if emulate else ""}
    sources = SandboxedEnvironment(
        loader=FileSystemLoader(template_path()), undefined=StrictUndefined, keep_trailing_newline=True
    )
    files = _FILES[system].items()
    return Pipeline(top, {name: sources.get_template(f"{_PARTS}/{source}").render(values) for name, source in files})


def can_be_written(text: str) -> bool:
    """Whether a folder or a prefix of git tags can be written into a pipeline."""
    return _PLAIN.fullmatch(text) is not None


def _top(projects: Sequence[Project]) -> Path:
    tops = {repository_top(each.root) for each in projects}
    top = tops.pop()
    if tops or top is None:
        raise ProjectNotFoundError(
            f"{', '.join(str(each.root) for each in projects)}: not in one git repository",
            remedy="make one with `git init` at its top, or name extensions of one repository",
        )
    return top


def _extension(project: Project, *, emulate: bool) -> _Extension:
    path, prefix = folder_in_repository(project.root) or ".", project.settings.release_tag_prefix
    for what, text in (("folder", path), ("tag prefix", prefix)):
        if not can_be_written(text):
            raise UsageError(
                f"the {what} {text!r} cannot be written into a pipeline",
                remedy="use one of letters, digits and ._/- alone",
            )
    host = project.image.registry
    machines = tuple(_machine(project, each, emulate=emulate) for each in project.settings.platforms)
    return _Extension(path, prefix, "" if host == DOCKER_HUB else host, machines)


def _machine(project: Project, platform: Platform, *, emulate: bool) -> _Machine:
    """By GitLab's own runners, unless the settings name one that goes by a single tag.

    https://docs.gitlab.com/ci/runners/hosted_runners/linux/
    """
    own = project.settings.matrix_runs_on.of_platform(platform) or project.settings.matrix_runs_on.default
    if own and not emulate:
        if len(own.labels) != 1 or own.group:
            raise UsageError(f"{own} is not one tag of a GitLab runner", remedy="name one tag in matrix.runs-on")
        return _Machine(str(platform), own.labels[0])
    is_hosted = not emulate and ARCHITECTURES[platform.architecture].hosted_suffix is not None
    architecture = platform.architecture if is_hosted else COMMON
    emulated = "" if platform.architecture == architecture else platform.architecture
    return _Machine(str(platform), f"saas-linux-small-{architecture}", emulated)


def _only(values: Iterable[T], what: str) -> T:
    """The value that all have."""
    first, *others = dict.fromkeys(values)
    if others:
        raise UsageError(
            f"the extensions {what}", remedy="make a pipeline for some of them, and write the other by hand"
        )
    return first
