from __future__ import annotations

import os
import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dext_tasks.smoke.guest_socket import NotASocketError, held

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "backend.sock"


@pytest.fixture
def guest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A backend's folder, and beside it a socket and a folder that are none of its business."""
    # An address of a socket is 107 bytes at most, and the temporary folder's name may be longer.
    monkeypatch.chdir(tmp_path)
    for folder in ("guest", "other"):
        Path(folder).mkdir()
    listen("other/engine.sock")
    return tmp_path / "guest"


def listen(address: str) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(address)


def open_descriptors() -> set[str]:
    return {each.name for each in Path("/proc/self/fd").iterdir()}


def test_a_socket_is_held_by_its_descriptor(guest: Path) -> None:
    listen(f"guest/{NAME}")
    before = open_descriptors()
    with held(guest, NAME) as address:
        (guest / NAME).unlink()
        (guest / NAME).symlink_to("../other/engine.sock")
        assert stat.S_ISSOCK(Path(address).stat().st_mode)
        assert not os.path.samestat(Path(address).stat(), (guest / NAME).stat())
    assert open_descriptors() == before


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda file: file.symlink_to("../other/engine.sock"), "is a symbolic link"),
        (lambda file: file.symlink_to("/var/run/docker.sock"), "is a symbolic link"),
        (lambda file: file.symlink_to("nowhere"), "is a symbolic link"),
        (lambda file: file.write_text("", encoding="utf-8"), "is not a socket"),
        (os.mkfifo, "is not a socket"),
        (Path.mkdir, "is not a socket"),
    ],
    ids=["link", "absolute-link", "dangling-link", "file", "pipe", "folder"],
)
def test_anything_else_is_refused(guest: Path, make: Callable[[Path], object], said: str) -> None:
    make(guest / NAME)
    before = open_descriptors()
    with pytest.raises(NotASocketError, match=said), held(guest, NAME):
        pass
    assert open_descriptors() == before


def test_a_link_to_a_socket_of_its_own_is_a_link(guest: Path) -> None:
    listen("guest/real.sock")
    (guest / NAME).symlink_to("real.sock")
    with pytest.raises(NotASocketError, match="is a symbolic link"), held(guest, NAME):
        pass


def test_a_folder_that_is_a_link_is_not_followed(guest: Path) -> None:
    guest.rmdir()
    guest.symlink_to("other")
    with pytest.raises(NotADirectoryError), held(guest, "engine.sock"):
        pass


def test_what_is_not_there_is_told_apart(guest: Path) -> None:
    with pytest.raises(FileNotFoundError), held(guest, NAME):
        pass


def test_a_path_is_no_name(guest: Path) -> None:
    with pytest.raises(NotASocketError, match="not the name"), held(guest, "../other/engine.sock"):
        pass
