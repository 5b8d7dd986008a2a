from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from dext_tasks.extension.dockerfile import parse
from dext_tasks.sources.origins import Origin, Origins

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("a.svg", "ui/index.html", "ui/a.js", "vm/compose.yaml", "compose.yaml", "vm/icons/b.svg"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name, encoding="utf-8")
    return tmp_path


def origin(root: Path, dockerfile: str, path: str, target: str = "") -> tuple[str | None, bool]:
    found = Origins(root, parse(dockerfile), target).of(path)
    return found.file.relative_to(root).as_posix() if found.file else None, found.is_sure


@pytest.mark.parametrize(
    ("dockerfile", "path", "file", "is_sure"),
    [
        ("FROM scratch\nCOPY ui /ui", "/ui/a.js", "ui/a.js", True),
        ("FROM scratch\nCOPY ui /ui", "/ui/b.js", None, True),
        ("FROM scratch\nCOPY ui/. .", "/a.js", "ui/a.js", True),
        ("FROM scratch\nCOPY . .", "/ui/a.js", "ui/a.js", True),
        ("FROM scratch\nCOPY vm/compose.yaml /", "/compose.yaml", "vm/compose.yaml", True),
        ("FROM scratch\nCOPY vm/compose.yaml /docker-compose.yaml", "/docker-compose.yaml", "vm/compose.yaml", True),
        ("FROM scratch\nCOPY . .\nCOPY vm/compose.yaml .", "/compose.yaml", "vm/compose.yaml", True),
        ("FROM scratch\nCOPY vm/compose.yaml .\nCOPY . .", "/compose.yaml", "compose.yaml", True),
        ("FROM scratch\nCOPY vm/icons/*.svg /", "/b.svg", "vm/icons/b.svg", True),
        ("FROM scratch\nCOPY vm/*/ /", "/b.svg", None, False),
        ("FROM alpine\nCOPY ui /ui", "/a.svg", None, True),
        ("FROM docker.io/library/alpine\nCOPY ui /ui", "/a.svg", None, True),
        ("FROM acme/base\nCOPY ui /ui", "/a.svg", None, False),
        ("FROM acme/base\nCOPY ui /ui", "/ui/a.js", "ui/a.js", True),
        ("FROM scratch\nCOPY ui /ui\nRUN x", "/ui/a.js", "ui/a.js", False),
        ("FROM scratch\nRUN x\nCOPY ui /ui", "/ui/a.js", "ui/a.js", True),
        ("FROM scratch\nRUN x\nCOPY ui /ui", "/ui/b.js", None, False),
        ("FROM scratch AS x\nCOPY ui /y\nFROM scratch\nCOPY --from=x /y /ui", "/ui/a.js", "ui/a.js", True),
        ("FROM scratch AS x\nCOPY ui /y\nFROM scratch\nCOPY --from=0 /y /ui", "/ui/a.js", "ui/a.js", True),
        ("FROM scratch AS x\nCOPY ui /y\nRUN x\nFROM scratch\nCOPY --from=x /y /ui", "/ui/a.js", "ui/a.js", False),
        ("FROM scratch AS x\nCOPY ui /y\nFROM x\nCOPY vm /vm", "/y/a.js", "ui/a.js", True),
        ("FROM scratch\nCOPY --from=acme/ui / /ui", "/ui/a.js", None, False),
        ("FROM scratch\nCOPY --from=acme/ui / /ui", "/a.svg", None, True),
        ("FROM scratch\nADD https://acme.org/x.js /ui/\nCOPY ui /ui", "/ui/b.js", None, False),
        ("FROM scratch\nCOPY ../../../../etc /etc", "/etc/passwd", None, False),
        ("FROM scratch\nCOPY dist /ui\nCOPY vm /vm", "/ui/a.js", None, False),
        ("FROM scratch\nCOPY dist /ui\nCOPY vm /vm", "/vm/a.js", None, True),
        ("FROM scratch\nCOPY ui dist /ui/", "/ui/b.js", None, False),
        ("FROM scratch\nCOPY tool /", "/tool", None, False),
        ("FROM scratch\nCOPY icon.svg /", "/icon.svg", None, True),
        ("FROM scratch\nCOPY art/icon.svg /icon.svg", "/icon.svg", None, True),
        ("FROM scratch\nCOPY other.svg /icon.svg", "/icon.svg", None, False),
    ],
)
def test_where_a_file_comes_from(dockerfile: str, path: str, file: str | None, root: Path, *, is_sure: bool) -> None:
    assert origin(root, dockerfile, path) == (file, is_sure)


def test_the_stage_that_is_built_counts(root: Path) -> None:
    text = "FROM scratch AS one\nCOPY ui /ui\nFROM scratch AS two\nCOPY vm /ui\n"
    assert origin(root, text, "/ui/a.js", "one") == ("ui/a.js", True)
    assert origin(root, text, "/ui/a.js", "two") == (None, True)


@pytest.mark.parametrize("path", ["/ui/a\0b", "/ui/" + "x" * 5000, "/", "", "/ui/\ud800"])
def test_names_that_no_file_has(path: str, root: Path) -> None:
    assert Origins(root, parse("FROM scratch\nCOPY ui /ui\n"), "").of(path) == Origin(None, is_sure=True)


def test_what_is_too_winding_is_not_followed(root: Path) -> None:
    stages = ["FROM scratch AS s0\nCOPY ui /ui"]
    stages += [f"FROM scratch AS s{n}\nCOPY --from=s{n - 1} /ui /ui" for n in range(1, 400)]
    assert origin(root, "\n".join(stages), "/ui/a.js") == (None, False)


def test_what_branches_without_end_is_not_followed(root: Path) -> None:
    copies = "\n".join(f"COPY --from=s{{}} a b c d e /x{'' if n else '/'}" for n in range(20))
    stages = [f"FROM scratch AS s{n + 1}\n{copies.replace('{}', str(n))}" for n in range(40)]
    started = time.process_time()
    assert origin(root, "FROM scratch AS s0\n" + "\n".join(stages), "/x/y/z") == (None, False)
    assert time.process_time() - started < 5
