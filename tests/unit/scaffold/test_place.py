from __future__ import annotations

import os
from pathlib import Path

import pytest

from dext_tasks.errors import DirectoryNotEmptyError, ScaffoldError
from dext_tasks.scaffold.destination import NewFolder, require_place


def test_a_folder_that_is_not_there_is_a_place(tmp_path: Path) -> None:
    assert require_place(tmp_path / "hello") == NewFolder(tmp_path / "hello", exists=False, has_repository=False)


def test_an_empty_folder_is_a_place(tmp_path: Path) -> None:
    assert require_place(tmp_path) == NewFolder(tmp_path, exists=True, has_repository=False)


def test_a_relative_path_is_one_of_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert require_place(Path()).path == tmp_path


def test_a_clone_without_files_is_a_place(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert require_place(tmp_path) == NewFolder(tmp_path, exists=True, has_repository=True)


@pytest.mark.parametrize("name", [".venv", "LICENSE", "LICENSE.txt", "licence.md", "COPYING", ".DS_Store", ".git"])
def test_what_comes_before_a_project_may_stay(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("gitdir: elsewhere")
    assert require_place(tmp_path).exists


@pytest.mark.parametrize("name", ["README.md", ".gitignore", "Dockerfile", "licenses", "git", "venv", "notes"])
def test_whatever_else_is_there_is_refused_by_name(name: str, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / name).write_text("mine")
    with pytest.raises(DirectoryNotEmptyError) as caught:
        require_place(tmp_path)
    assert caught.value.message == f"{tmp_path} holds files already: {name}"


def test_many_files_are_counted(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"file{number}").touch()
    with pytest.raises(DirectoryNotEmptyError, match=r"file0, file1, file2 and 2 more$"):
        require_place(tmp_path)


def test_a_file_is_no_place(tmp_path: Path) -> None:
    (tmp_path / "hello").write_text("mine")
    with pytest.raises(ScaffoldError, match=r"hello is a file$"):
        require_place(tmp_path / "hello")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("nowhere/hello", "No such file or directory"),
        ("file/hello", "Not a directory"),
        ("x" * 300, "File name too long"),
        ("loop/hello", "Too many levels of symbolic links"),
    ],
)
def test_what_nothing_can_be_written_to_is_no_place(path: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(ScaffoldError, match=f"cannot be written: .*{why}") as caught:
        require_place(tmp_path / path)
    assert "write to" in caught.value.remedy


@pytest.mark.parametrize("name", ["", "hello"])
def test_a_folder_that_may_not_be_written_to_is_no_place(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The tests may run as root, whom no mode stops.
    monkeypatch.setattr(os, "access", lambda path, _: path != tmp_path)
    with pytest.raises(ScaffoldError, match="may not be written to"):
        require_place(tmp_path / name)


def test_a_current_folder_that_was_deleted_is_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(ScaffoldError, match="No such file or directory"):
        require_place(Path("hello"))
