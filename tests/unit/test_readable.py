from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from dext_tasks.readable import open_file, why_unreadable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("make", "as_file", "as_folder"),
    [
        (lambda _: None, "", ""),
        (lambda path: path.touch(), "", "is a file, not a folder"),
        (lambda path: path.mkdir(), "is a folder, not a file", ""),
        (os.mkfifo, "is a named pipe, not a file", "is a named pipe, not a folder"),
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


@pytest.mark.timeout(20)
def test_only_a_file_is_opened(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    with open_file(tmp_path / "a") as stream:
        assert stream.read() == b"x"
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="Invalid argument"):
        open_file(tmp_path / "pipe")
