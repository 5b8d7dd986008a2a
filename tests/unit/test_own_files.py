from __future__ import annotations

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dext_tasks.console.smoke_junit import smoke_junit
from dext_tasks.console.smoke_page import PageContext, smoke_page
from dext_tasks.errors import FileAccessError
from dext_tasks.own_files import is_report, make_state_folder, require_room

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

        monkeypatch.setattr("dext_tasks.own_files.os.fsync", refuse)
        with pytest.raises(FileAccessError, match=os.strerror(code)) as caught:
            require_room(tmp_path / ".dext")
        assert str(tmp_path) in caught.value.message


def test_what_is_no_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "report").write_text(REPORTS["page"], encoding="utf-8")
    (tmp_path / "link").symlink_to("report")
    os.mkfifo(tmp_path / "pipe")
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
