"""What is there already is replaced only where somebody says so, and an interruption leaves it as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from dext_tasks.errors import DirectoryNotEmptyError, FileAccessError, ScaffoldError
from dext_tasks.git import NO_REPOSITORY, GitResult
from dext_tasks.scaffold.answers import derive
from dext_tasks.scaffold.filling import overwrite, replaced
from dext_tasks.scaffold.render import preview, render
from dext_tasks.scaffold.repository import GitOutcome, without_git

ANSWERS = derive("hello", image="acme/hello")
README = Path("README.md")
PAGE = Path("ui/index.html")


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A folder with files of somebody's, two of which the template makes, too."""
    folder = tmp_path / "hello"
    (folder / "ui").mkdir(parents=True)
    for name in (README, PAGE, Path("ui/mine.js"), Path("notes.txt")):
        (folder / name).write_text("theirs")
    return folder


def texts(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode("latin-1") for path in files}


def test_nothing_is_replaced_unless_somebody_says_so(theirs: Path) -> None:
    before = texts(theirs)
    for make in (lambda: render(ANSWERS, theirs, git=without_git), lambda: preview(ANSWERS, theirs)):
        with pytest.raises(DirectoryNotEmptyError) as caught:
            make()
        assert "--force" in caught.value.remedy
    assert texts(theirs) == before


def test_only_files_of_the_template_are_replaced(theirs: Path) -> None:
    planned = preview(ANSWERS, theirs, force=True)
    made = render(ANSWERS, theirs, git=without_git, force=True)
    assert made.replaced == planned.replaced == (README, PAGE)
    assert made.files == planned.files
    found = texts(theirs)
    assert found["README.md"].startswith("# Hello")
    assert (found["notes.txt"], found["ui/mine.js"]) == ("theirs", "theirs")
    assert set(found) == {*(file.as_posix() for file in made.files), "notes.txt", "ui/mine.js"}


def test_a_new_folder_needs_no_force_and_takes_it(tmp_path: Path) -> None:
    made = render(ANSWERS, tmp_path / "hello", git=without_git, force=True)
    assert made.replaced == ()
    assert set(texts(tmp_path / "hello")) == {file.as_posix() for file in made.files}


def test_a_commit_gets_none_of_what_was_there(theirs: Path) -> None:
    seen = []

    def git(arguments: tuple[str, ...], directory: Path) -> GitResult:
        seen.append((arguments, directory, sorted(path.name for path in directory.iterdir())))
        if "init" in arguments:
            (directory / ".git").mkdir()
        return GitResult(128, NO_REPOSITORY) if arguments[0] == "rev-parse" else GitResult(0)

    made = render(ANSWERS, theirs, git=git, force=True)
    ((_, folder, names),) = (each for each in seen if each[0][0] == "add")
    assert folder != theirs
    assert "notes.txt" not in names
    assert made.git is GitOutcome.COMMITTED
    assert (theirs / ".git").is_dir()


def test_a_first_commit_has_nothing_of_what_was_replaced(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "LICENSE").write_text("theirs")
    committed: list[tuple[str, str]] = []

    def git(arguments: tuple[str, ...], directory: Path) -> GitResult:
        committed.extend(texts(directory).items() if "add" in arguments else ())
        return GitResult(1 if arguments[0] == "rev-parse" else 0)

    made = render(ANSWERS, tmp_path, git=git, force=True)
    assert made.git is GitOutcome.COMMITTED
    assert made.replaced == (Path("LICENSE"),)
    assert {Path(name) for name, _ in committed} == set(made.files)
    assert "theirs" not in dict(committed).values()


def test_nothing_is_committed_to_a_repository_that_holds_files(theirs: Path) -> None:
    (theirs / ".git").mkdir()
    made = render(ANSWERS, theirs, git=_never, force=True)
    assert made.git is GitOutcome.INSIDE_REPOSITORY


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError(28, "No space left on device")])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("last", [1, 4, 9, 14])
def test_an_interruption_leaves_everything_as_it_was(
    last: int,
    when: str,
    failure: BaseException | type[BaseException],
    theirs: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = texts(theirs), sorted(theirs.rglob("*"))
    replace, moved = Path.replace, []

    def interrupted(path: Path, target: Path) -> Path:
        moved.append(path)
        if len(moved) == last and when == "after":
            replace(path, target)
        if len(moved) == last:
            raise failure
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises((KeyboardInterrupt, FileAccessError)):
        render(ANSWERS, theirs, git=without_git, force=True)
    assert (texts(theirs), sorted(theirs.rglob("*"))) == before


def test_what_is_no_file_is_in_the_way(theirs: Path, tmp_path: Path) -> None:
    (theirs / README).unlink()
    (theirs / README).mkdir()
    with pytest.raises(ScaffoldError, match=r"README\.md is in the way: a file has to be there"):
        render(ANSWERS, theirs, git=_never, force=True)
    assert not (theirs / "Dockerfile").exists()
    (tmp_path / "file").touch()
    with pytest.raises(ScaffoldError, match="file is in the way: a folder has to be there"):
        replaced([Path("file/x")], tmp_path)


def test_nothing_is_written_through_a_link_to_another_folder(theirs: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (theirs / "docs").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ScaffoldError, match="docs is in the way"):
        render(ANSWERS, theirs, git=_never, force=True)
    assert not any((tmp_path / "elsewhere").iterdir())


def test_a_link_is_replaced_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    staged, target = tmp_path / "staged/new", tmp_path / "target"
    staged.mkdir(parents=True)
    target.mkdir()
    (staged / "file").write_text("ours")
    (tmp_path / "elsewhere").write_text("theirs")
    (target / "file").symlink_to(tmp_path / "elsewhere")
    assert replaced([Path("file")], target) == (Path("file"),)
    overwrite(staged, target, [Path("file")])
    assert ((target / "file").read_text(), (tmp_path / "elsewhere").read_text()) == ("ours", "theirs")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_repository_goes_back_with_the_files(
    when: str, theirs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged = tmp_path / "staged/hello"
    (staged / ".git").mkdir(parents=True)
    (staged / README).write_text("ours")
    before, rename = (texts(theirs), sorted(theirs.rglob("*"))), Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        if target == theirs / ".git":
            if when == "after":
                rename(path, target)
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        overwrite(staged, theirs, [README])
    assert (texts(theirs), sorted(theirs.rglob("*"))) == before
    assert (staged / ".git").is_dir()


def _never(arguments: tuple[str, ...], _folder: Path) -> GitResult:
    pytest.fail(f"git {arguments} was run")
