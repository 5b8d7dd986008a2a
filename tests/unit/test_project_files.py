from __future__ import annotations

import errno
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dext_tasks.console.smoke_junit import smoke_junit
from dext_tasks.console.smoke_page import PageContext, smoke_page
from dext_tasks.errors import FileAccessError, OutsideProjectError
from dext_tasks.project_files import (
    is_report,
    leads_out,
    make_state_folder,
    open_file,
    read_inside,
    require_inside,
    require_room,
    require_unlinked,
    why_outside,
    why_unreadable,
)
from tests.unit.needs import make_pipe, make_socket

if TYPE_CHECKING:
    from collections.abc import Callable


def _socket(path: Path) -> None:
    make_socket(path.name)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("make", "as_file", "as_folder"),
    [
        (lambda _: None, "", ""),
        (lambda path: path.touch(), "", "is a file, not a folder"),
        (lambda path: path.mkdir(), "is a folder, not a file", ""),
        (make_pipe, "is a named pipe, not a file", "is a named pipe, not a folder"),
        (_socket, "is a socket, not a file", "is a socket, not a folder"),
        (lambda path: path.symlink_to("/dev/zero"), "is a device, not a file", "is a device, not a folder"),
        (lambda path: path.symlink_to("x"), *["is a symbolic link to what is not there"] * 2),
        (lambda path: path.symlink_to(path.name), *["is a symbolic link that leads back to itself"] * 2),
    ],
)
def test_what_is_not_expected_is_named(
    make: Callable[[Path], None], as_file: str, as_folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "a")
    assert why_unreadable(tmp_path / "a") == as_file
    assert why_unreadable(str(tmp_path / "a"), is_folder=True) == as_folder


@pytest.mark.parametrize("name", ["a" * 300, "a/" * 3000, "a\0b"])
def test_what_no_file_system_takes_is_not_there(name: str, tmp_path: Path) -> None:
    assert not why_unreadable(tmp_path / name)


def test_who_may_not_read_is_told(stranger: Path) -> None:
    (stranger / "a").touch(mode=0)
    (stranger / "ui").mkdir()
    (stranger / "ui/a").touch()
    (stranger / "ui").chmod(0o400)
    assert why_unreadable(stranger / "a") == "cannot be read: permission denied"
    assert why_unreadable(stranger / "ui", is_folder=True) == "cannot be read: permission denied"
    assert why_unreadable(stranger / "ui/a") == "cannot be read: permission denied"


@pytest.mark.timeout(120)
def test_only_a_file_is_opened(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    with open_file(tmp_path / "a") as stream:
        assert stream.read() == b"x"
    make_pipe(tmp_path / "pipe")
    with pytest.raises(OSError, match="Invalid argument"):
        open_file(tmp_path / "pipe")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "project"
    (made / "real").mkdir(parents=True)
    (made / "real" / "file").write_text("inside", encoding="utf-8")
    (tmp_path / "secret").write_text("outside", encoding="utf-8")
    for name, target in {
        "relative": "../secret",
        "absolute": str(tmp_path / "secret"),
        "nowhere": "../nothing",
        "chain": "relative",
        "folder": "..",
        "within": "real/file",
        "around": "../project/real/file",
        "loop": "loop",
        "dangling": "nothing",
    }.items():
        (made / name).symlink_to(target)
    return made


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("relative", "relative"),
        ("absolute", "absolute"),
        ("nowhere", "nowhere"),
        ("chain", "chain"),
        ("folder/secret", "folder"),
    ],
)
def test_a_link_that_leads_out_is_named_and_its_end_is_not(path: str, link: str, root: Path) -> None:
    assert why_outside(root, root / path) == f"{link} is a symbolic link that leads out of the project"
    with pytest.raises(OutsideProjectError, match=f"^{link} is a symbolic link") as caught:
        read_inside(root, root / path, 100)
    assert "put the file itself" in caught.value.remedy
    with pytest.raises(OutsideProjectError):
        require_unlinked(root, root / path)


@pytest.mark.parametrize("path", ["real/file", "within", "around", "real/../within", "folder/project/real/file"])
def test_what_ends_inside_is_read(path: str, root: Path) -> None:
    require_unlinked(root, root / path)
    assert read_inside(root, root / path, 3) == b"ins"


@pytest.mark.parametrize("path", ["loop", "dangling", "a\0b", "x" * 300, "loop/x"])
def test_what_is_nowhere_is_not_outside(path: str, root: Path) -> None:
    assert not leads_out(root, root / path)
    require_inside(root, root / path)
    require_unlinked(root, root / path)


def test_a_path_may_be_named_elsewhere_where_that_is_allowed(root: Path) -> None:
    require_unlinked(root, root / "../secret")
    require_unlinked(root, root.parent / "secret")
    with pytest.raises(OutsideProjectError, match="secret is outside of the project"):
        require_inside(root, root / "../secret")


REPORTS = {
    "page": smoke_page([], PageContext("Smoke test", "acme/demo", "1.0.0", datetime(2026, 1, 31, tzinfo=UTC))),
    "junit": smoke_junit([]),
}


@pytest.mark.parametrize("kind", REPORTS)
def test_a_report_is_known_again(kind: str, tmp_path: Path) -> None:
    (tmp_path / "report").write_text(REPORTS[kind], encoding="utf-8")
    assert is_report(tmp_path / "report")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "dext-tasks",
        '<meta name="generator" content="Hugo 0.1">',
        '<meta name="generator" content="dext-tasks-fork">',
        '<testsuites name="pytest tests"></testsuites>',
        "<!-- made by dext-tasks --> is what its reports begin with",
        f"{'x' * 5000}{REPORTS['page']}",
    ],
)
def test_any_other_file_is_none(content: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(content, encoding="utf-8")
    assert not is_report(tmp_path / "file")


class TestRoom:
    @pytest.mark.parametrize("there", [".", ".dext", ".dext/releases/acme%2Fdemo"])
    def test_nothing_is_left_where_there_is_some(self, tmp_path: Path, there: str) -> None:
        (tmp_path / there).mkdir(parents=True, exist_ok=True)
        before = sorted(tmp_path.rglob("*"))
        require_room(tmp_path / ".dext" / "releases" / "acme%2Fdemo")
        assert sorted(tmp_path.rglob("*")) == before

    def test_a_file_in_the_way(self, tmp_path: Path) -> None:
        (tmp_path / ".dext").touch()
        with pytest.raises(FileAccessError, match=r"\.dext, where a release keeps .*: Not a directory"):
            require_room(tmp_path / ".dext" / "releases")

    @pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.EDQUOT])
    def test_none(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
        def refuse(*_: object) -> None:
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr("dext_tasks.project_files.os.fsync", refuse)
        with pytest.raises(FileAccessError, match=os.strerror(code)) as caught:
            require_room(tmp_path / ".dext")
        assert str(tmp_path) in caught.value.message


def test_what_is_no_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "report").write_text(REPORTS["page"], encoding="utf-8")
    (tmp_path / "link").symlink_to("report")
    make_pipe(tmp_path / "pipe")
    found = [is_report(path) for path in (tmp_path, tmp_path / "link", tmp_path / "pipe", tmp_path / "missing")]
    assert found == [False] * 4
    assert not is_report(Path("nul\0"))


@pytest.mark.parametrize("folder", [".dext", ".dext/release", ".dext/a/b"])
def test_the_state_folder_keeps_itself_out_of_version_control(folder: str, tmp_path: Path) -> None:
    make_state_folder(tmp_path / folder)
    make_state_folder(tmp_path / folder)
    assert (tmp_path / folder).is_dir()
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob(".gitignore")] == [".dext/.gitignore"]


def test_what_somebody_wants_ignored_there_stays(tmp_path: Path) -> None:
    (tmp_path / ".dext").mkdir()
    (tmp_path / ".dext/.gitignore").write_text("*.html\n")
    make_state_folder(tmp_path / ".dext")
    assert (tmp_path / ".dext/.gitignore").read_text() == "*.html\n"


@pytest.mark.parametrize("link", [".dext", ".dext/releases", ".dext/.gitignore"])
@pytest.mark.parametrize("write", [make_state_folder, require_room])
def test_nothing_is_written_where_a_link_leads_out_of_the_project(
    tmp_path: Path, link: str, write: Callable[[Path], None]
) -> None:
    project, outside = tmp_path / "project", tmp_path / "outside"
    (project / link).parent.mkdir(parents=True)
    if link != ".dext/.gitignore":
        outside.mkdir()
    (project / link).symlink_to(outside)
    with pytest.raises(OutsideProjectError) as caught:
        write(project / ".dext" / "releases")
    assert caught.value.message == (
        f"{link} is a symbolic link that leads out of the project, and nothing is written there"
    )
    assert not outside.exists() or not list(outside.iterdir())


def test_a_project_that_a_link_leads_to_has_its_state_folder(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "link").symlink_to("project")
    make_state_folder(tmp_path / "link" / ".dext" / "releases")
    assert (tmp_path / "project/.dext/releases").is_dir()
