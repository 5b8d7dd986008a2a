from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine import build_history
from dext_tasks.engine.build_history import BuildOrigin, Builds

if TYPE_CHECKING:
    from pathlib import Path

A, B, C = (f"sha256:{letter * 64}" for letter in "abc")


@pytest.fixture
def remembered(tmp_path: Path) -> Builds:
    made = Builds(tmp_path / "state" / "dext-tasks" / "builds")
    for repository, image in (("dext-build/a", A), ("dext-build/a", B), ("dext-build/b", C), ("dext-build/a", A)):
        made.add(repository, image)
    return made


def test_images_are_known_by_repository(remembered: Builds) -> None:
    assert remembered.images("dext-build/a") == {A, B}
    assert remembered.images() == {A, B, C}
    assert remembered.images("dext-build") == frozenset()


def test_what_is_gone_is_forgotten(remembered: Builds) -> None:
    remembered.forget([A, "sha256:other"])
    assert remembered.images() == {B, C}


def test_what_an_image_was_built_from_is_known(remembered: Builds) -> None:
    origins = [BuildOrigin("/a b/\n\u2028\udcff", "0" * 64), BuildOrigin("/c", "1" * 64)]
    for origin in origins:
        remembered.add("dext-build/b", C, origin)
    assert remembered.origins(C) == tuple(origins)
    assert remembered.origins(A) == ()
    remembered.forget([A])
    assert remembered.origins(C) == tuple(origins)


@pytest.mark.parametrize("text", [b"\xff\xfe", b"\0", b"dext-build/a\n", b"dext-build/a sha256:short\n", b"x y z\n"])
def test_what_nobody_wrote_is_no_build(remembered: Builds, text: bytes) -> None:
    assert remembered.file
    remembered.file.write_bytes(text)
    assert remembered.images() == frozenset()


def test_a_file_does_not_grow_without_end(remembered: Builds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_history, "_LONGEST", 10)
    remembered.add("dext-build/c", A)
    assert remembered.images() == {A}


@pytest.mark.parametrize("kind", ["none", "a folder", "below a file"])
def test_where_nothing_can_be_written_nothing_is_remembered_and_nothing_fails(kind: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    places = {"none": None, "a folder": tmp_path, "below a file": tmp_path / "file" / "builds"}
    made = Builds(places[kind])
    made.add("dext-build/a", A)
    made.forget([A])
    assert made.images() == frozenset()
