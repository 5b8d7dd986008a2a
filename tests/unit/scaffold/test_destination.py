from __future__ import annotations

import os
from pathlib import Path

import pytest

from dext_tasks.errors import DirectoryNotEmptyError, ScaffoldError
from dext_tasks.git import NO_REPOSITORY, GitResult
from dext_tasks.scaffold.answers import NOWHERE
from dext_tasks.scaffold.destination import Destination, NewFolder, require_place
from dext_tasks.scaffold.repository import without_git


def cloned(address: str) -> GitResult:
    return GitResult(0, address) if address else GitResult(1)


def test_a_name_is_a_folder_of_the_current_one(tmp_path: Path) -> None:
    found = Destination.of(tmp_path, "hello", without_git)
    assert (found.name, found.folder_of("hello"), found.found.origin) == ("hello", tmp_path / "hello", "")


def test_nothing_written_leaves_the_name_to_be_asked_for(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/file").touch()
    found = Destination.of(tmp_path, "", without_git)
    assert (found.name, found.folder_of("other")) == ("", tmp_path / "other")
    assert found.fault_of("other") == ""
    assert found.fault_of("taken") == f"{tmp_path / 'taken'} holds files already: file"


@pytest.mark.parametrize("written", [".", "./", "../my-tool", "../my-tool/"])
def test_the_last_part_of_a_path_is_the_name(written: str, tmp_path: Path) -> None:
    (tmp_path / "my-tool").mkdir()
    found = Destination.of(tmp_path / "my-tool", written, without_git)
    assert (found.name, found.folder_of("my-tool")) == ("my-tool", tmp_path / "my-tool")


def test_an_absolute_path_is_taken_as_it_is(tmp_path: Path) -> None:
    found = Destination.of(Path("elsewhere"), str(tmp_path / "hello"), without_git)
    assert (found.name, found.folder) == ("hello", tmp_path / "hello")


@pytest.mark.parametrize(
    ("folder", "name"), [("My Tool", "my-tool"), ("Acme_Tool!", "acme-tool"), ("tool (2)", "tool-2"), ("家", "")]
)
def test_a_folder_that_is_there_need_not_have_a_name_that_can_be_used(folder: str, name: str, tmp_path: Path) -> None:
    (tmp_path / folder).mkdir()
    found = Destination.of(tmp_path / folder, ".", without_git)
    assert (found.name, found.folder) == (name, tmp_path / folder)


@pytest.mark.parametrize("folder", ["cloned", "My-Tool", "Acme_Tool!"])
def test_a_clone_is_taken_by_its_name_as_from_within(folder: str, tmp_path: Path) -> None:
    (tmp_path / folder / ".git").mkdir(parents=True)

    def git(*_: object, **__: object) -> GitResult:
        return cloned("https://github.com/acme/tool.git")

    by_name, within = Destination.of(tmp_path, folder, git), Destination.of(tmp_path / folder, ".", git)
    assert (by_name.name, by_name.folder, by_name.found.origin) == (within.name, within.folder, within.found.origin)
    assert by_name.found.origin == "https://github.com/acme/tool"
    asked = Destination.of(tmp_path, "", git)
    assert asked.around(folder) == by_name.around("") == by_name.found
    assert asked.around("other") == NOWHERE


@pytest.mark.parametrize("written", ["Hello", "./Hello", "my tool", "sub/My-Tool"])
def test_a_new_name_that_cannot_be_used_is_refused(written: str, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    with pytest.raises(ScaffoldError, match=r"^the name '.*' cannot be used: "):
        Destination.of(tmp_path, written, without_git)


def test_a_folder_with_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DirectoryNotEmptyError):
        Destination.of(tmp_path, ".", without_git)


@pytest.mark.parametrize(
    ("remote", "origin"),
    [
        ("git@github.com:Acme/tool.git", "https://github.com/Acme/tool"),
        ("/srv/git/tool.git", ""),
        ("https://host/only-one?x", ""),
        ("", ""),
    ],
)
def test_a_clone_tells_where_it_is_from(remote: str, origin: str, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert Destination.of(tmp_path, ".", lambda *_: cloned(remote)).found.origin == origin


def test_without_a_repository_git_is_not_asked(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    assert Destination.of(tmp_path, "./plain", lambda *_: pytest.fail("asked")).found == NOWHERE


def in_repository(arguments: tuple[str, ...], _folder: Path) -> GitResult:
    return cloned("git@github.com:acme/mono.git") if "config" in arguments else GitResult(0, "true")


@pytest.mark.parametrize(("written", "folder"), [("tool", "tool"), ("./a b/tool", "a b/tool"), (".", "")])
def test_in_a_folder_of_a_repository_it_is_known_where(written: str, folder: str, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    if "/" in written:
        (tmp_path / "a b").mkdir()
    found = Destination.of(tmp_path, written, in_repository).found
    assert (found.folder, found.origin) == (folder, "https://github.com/acme/mono")


def test_what_git_takes_for_no_repository_is_none(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    refused = GitResult(128, f"fatal: {NO_REPOSITORY} (or any of the parent directories): .git")
    assert Destination.of(tmp_path, "tool", lambda *_: refused).found == NOWHERE


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


@pytest.mark.parametrize("name", ["LICENSE", "licence.md", "COPYING", "License.txt"])
def test_a_licence_that_is_there_is_found(name: str, tmp_path: Path) -> None:
    (tmp_path / "tool").mkdir()
    (tmp_path / "tool" / name).touch()
    assert Destination.of(tmp_path, "tool", without_git).found.license_file == name
