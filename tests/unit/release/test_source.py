"""Which files a release is made from, with the real git."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.errors import BuildFailedError, DextError, DirtyTreeError, DockerfileMissingError, FileAccessError
from dext_tasks.extension.version import parse_release
from dext_tasks.git import Git
from dext_tasks.release.observe import intend
from dext_tasks.release.source import of_commit
from dext_tasks.runtime.temporary import remove_folder
from tests.unit.real_git import held, isolate, made, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dext_tasks.project import Project
    from tests.unit.release.conftest import Machine

pytestmark = pytest.mark.allow_processes

DOCKERFILE = "FROM scratch\nCOPY metadata.json /\nCOPY ui/build /ui\n"
FILES = {"Dockerfile": DOCKERFILE, "metadata.json": "{}", "ui/build/index.html": "first\n"}


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


class Sources:
    """A world whose project is a folder of a real repository."""

    def __init__(self, machine: Machine, top: Path) -> None:
        self.machine = machine
        self.top = top

    def made(self, inner: str = "", **settings: Any) -> tuple[Project, dict[str, str]]:  # noqa: ANN401 - any setting
        """The project of a release, and its files."""
        root = self.top / inner
        world = self.machine.world()
        project = replace(world.project, root=root, settings=replace(world.project.settings, **settings))
        world = replace(world, project=project, git=Git(root))
        commit = world.git.head()
        with of_commit(world, intend(world, parse_release("1.0.0"), commit)) as source:
            return source.project, held(source.project.root)


@pytest.fixture
def sources(machine: Machine, tmp_path: Path) -> Sources:
    return Sources(machine, tmp_path / "work")


def test_are_the_commit_s_and_the_state_stays_with_the_working_tree(sources: Sources) -> None:
    made(sources.top, FILES)
    put(sources.top, {"ui/build/index.html": "edited\n"})
    project, files = sources.made()
    assert files == FILES
    assert not project.root.exists()
    assert project.state == sources.top / ".dext"


@pytest.mark.parametrize("named", ["../docker/Dockerfile", "absolute"])
def test_a_dockerfile_beside_the_project(sources: Sources, named: str) -> None:
    files = {"a/metadata.json": "{}", "docker/Dockerfile": "FROM scratch\nCOPY metadata.json /\n"}
    made(sources.top, files)
    setting = str(sources.top / "docker" / "Dockerfile") if named == "absolute" else named
    put(sources.top, {"docker/Dockerfile": "FROM edited\n"})
    root = sources.top / "a"
    world = sources.machine.world()
    project = replace(world.project, root=root, settings=replace(world.project.settings, dockerfile=setting))
    world = replace(world, project=project, git=Git(root))
    with of_commit(world, intend(world, parse_release("1.0.0"), world.git.head())) as source:
        assert source.project.dockerfile.read_text(encoding="utf-8") == files["docker/Dockerfile"]


FAILURES = [
    DockerfileMissingError("no Dockerfile", remedy="make one"),
    BuildFailedError("the build failed", remedy="fix it"),
    FileNotFoundError(2, "No such file or directory"),
]


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
class TestFailure:
    def told(self, sources: Sources, error: Exception, *, is_emptied: bool) -> tuple[Exception, Path]:
        """What a failure in the block ends as, and the folder of the commit's files."""
        made(sources.top, FILES)
        world = sources.machine.world()
        world = replace(world, project=replace(world.project, root=sources.top), git=Git(sources.top))
        folder = sources.top
        try:
            with of_commit(world, intend(world, parse_release("1.0.0"), world.git.head())) as source:
                folder = source.project.root.parent
                if is_emptied:
                    remove_folder(folder)
                raise error
        except (DextError, OSError) as told:
            return told, folder

    def test_is_what_it_is(self, sources: Sources, error: Exception) -> None:
        assert self.told(sources, error, is_emptied=False)[0] is error

    def test_where_the_files_are_gone_is_told_of_them(self, sources: Sources, error: Exception) -> None:
        told, folder = self.told(sources, error, is_emptied=True)
        assert isinstance(told, FileAccessError)
        assert told.message == (
            f"the files of the commit, in {folder}, were changed or removed while the release ran: "
            "Dockerfile and 4 more"
        )
        assert "set TMPDIR" in told.remedy


INDEX = "ui/build/index.html"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda root: (root / INDEX).unlink(), INDEX),
        (lambda root: (root / INDEX).write_text("other!"), INDEX),
        (lambda root: (root / INDEX).chmod(0o755), INDEX),
        (lambda root: (root / "ui/more.txt").touch(), "ui/more.txt"),
    ],
    ids=["removed", "edited", "made a program", "added"],
)
def test_what_was_changed_meanwhile_is_named(sources: Sources, change: Callable[[Path], object], named: str) -> None:
    made(sources.top, FILES)
    world = sources.machine.world()
    world = replace(world, project=replace(world.project, root=sources.top), git=Git(sources.top))
    with of_commit(world, intend(world, parse_release("1.0.0"), world.git.head())) as source:
        source.require_source()
        change(source.project.root)
        with pytest.raises(FileAccessError, match=f"were changed or removed while the release ran: {named}$"):
            source.require_source()


class TestOnlyInTheWorkingTree:
    def said(self, sources: Sources, inner: str = "", **settings: Any) -> str:  # noqa: ANN401 - as above
        with pytest.raises(DirtyTreeError, match="in the working tree and not in commit") as caught:
            sources.made(inner, **settings)
        assert "commit what the build needs" in caught.value.remedy
        return caught.value.message.rpartition(": ")[2]

    @pytest.mark.parametrize("ignored", ["ui/build/", "build"])
    def test_what_is_copied_is_named(self, sources: Sources, ignored: str) -> None:
        made(sources.top, {"Dockerfile": DOCKERFILE, "metadata.json": "{}", ".gitignore": ignored})
        put(sources.top, FILES)
        assert self.said(sources) == "ui/build"

    def test_what_a_pattern_finds(self, sources: Sources) -> None:
        files = {"Dockerfile": "FROM scratch\nCOPY dist/*.js /ui/\n", "metadata.json": "{}", ".gitignore": "dist"}
        made(sources.top, files)
        put(sources.top, {"dist/a.js": "x"})
        assert self.said(sources) == "dist/*.js"

    def test_what_is_nowhere_is_left_to_the_checks(self, sources: Sources) -> None:
        made(sources.top, {"Dockerfile": DOCKERFILE, "metadata.json": "{}"})
        _, files = sources.made()
        assert set(files) == {"Dockerfile", "metadata.json"}

    def test_the_dockerfile(self, sources: Sources) -> None:
        made(sources.top, {"metadata.json": "{}", ".gitignore": "Dockerfile"})
        put(sources.top, FILES)
        assert self.said(sources) == "Dockerfile"

    def test_a_dockerfile_outside_of_the_repository(self, sources: Sources, tmp_path: Path) -> None:
        made(sources.top, {"metadata.json": "{}"})
        put(tmp_path, {"Dockerfile": "FROM scratch\n"})
        assert self.said(sources, dockerfile="../Dockerfile") == "../Dockerfile"

    def test_the_whole_project(self, sources: Sources) -> None:
        made(sources.top, {".gitignore": "a"})
        put(sources.top / "a", FILES)
        assert self.said(sources, "a") == "."
