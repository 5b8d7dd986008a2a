from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dext_tasks.sources import context as module
from dext_tasks.sources.context import Context, PathKind, TooManyError
from tests.unit.needs import make_pipe

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("a", "ui/a", "ui/s/b.js", "ui/node_modules/p/x.js", "ui/node_modules/.bin/p"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    (tmp_path / "link").symlink_to("ui/s")
    (tmp_path / "ui" / "loop").symlink_to("loop")
    (tmp_path / "ui" / "out").symlink_to("/etc/passwd")
    return tmp_path


def context(root: Path, patterns: str | None = None, dockerfile: str = "Dockerfile") -> Context:
    if patterns is not None:
        (root / ".dockerignore").write_text(patterns, encoding="utf-8")
    return Context(root, root / dockerfile)


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("", PathKind.FOLDER),
        ("a", PathKind.FILE),
        ("ui", PathKind.FOLDER),
        ("ui/s/b.js", PathKind.FILE),
        ("link", PathKind.FOLDER),
        ("link/b.js", PathKind.FILE),
        ("ui/loop", PathKind.NOTHING),
        # Absolute links begin at the context, as they do for BuildKit.
        ("ui/out", PathKind.NOTHING),
        ("x", PathKind.NOTHING),
        ("a/b", PathKind.NOTHING),
        ("ui/" * 3000 + "a", PathKind.NOTHING),
        ("a\0b", PathKind.NOTHING),
        ("x" * 300, PathKind.NOTHING),
    ],
)
def test_what_is_at_a_path(path: str, entry: PathKind, root: Path) -> None:
    assert context(root).find(path).entry is entry


@pytest.mark.parametrize(
    ("patterns", "path", "is_sent"),
    [
        ("", "ui", True),
        ("ui", "ui", False),
        ("ui\n!ui/a", "ui", True),
        ("ui\n!ui/a", "ui/s", False),
        ("ui\n!ui/a", "ui/a", True),
        ("ui\n!ui/nope", "ui", False),
        ("*\n!ui/s", "ui", True),
        ("*\n!ui/s", "link", True),
        ("ui/s", "link", False),
        ("*", "", True),
    ],
)
def test_what_is_sent(patterns: str, path: str, *, is_sent: bool, root: Path) -> None:
    assert context(root, patterns).find(path).is_sent is is_sent


def test_the_dockerfiles_own_patterns_go_before(root: Path) -> None:
    (root / "docker").mkdir()
    (root / "docker" / "X.dockerignore").write_text("a\n", encoding="utf-8")
    found = context(root, "ui\n", dockerfile="docker/X")
    assert found.ignore_name == "X.dockerignore"
    assert not found.find("a").is_sent
    assert found.find("ui").is_sent
    assert context(root, "ui\n", dockerfile="docker/Y").ignore_name == ".dockerignore"


def test_an_empty_file_of_patterns_counts_all_the_same(root: Path) -> None:
    (root / "Dockerfile.dockerignore").touch()
    assert context(root, "ui\n").find("ui").is_sent


@pytest.mark.parametrize(
    ("patterns", "source", "found"),
    [
        ("", "*", [".dockerignore", "a", "link", "ui"]),
        ("", "ui/*", ["ui/a", "ui/loop", "ui/node_modules", "ui/out", "ui/s"]),
        ("", "*/a", ["ui/a"]),
        ("", "ui/*/*.js", ["ui/s/b.js"]),
        ("", "link/*", ["link/b.js"]),
        ("", "x/*", []),
        ("", "[", []),
        ("ui/a", "ui/a*", []),
    ],
)
def test_what_matches_a_source(patterns: str, source: str, found: list[str], root: Path) -> None:
    assert list(context(root, patterns).matches(source)) == found


def test_what_is_below_a_folder(root: Path) -> None:
    assert list(context(root).entries("ui")) == [
        ("a", PathKind.FILE),
        ("loop", PathKind.LINK),
        ("node_modules", PathKind.FOLDER),
        ("node_modules/.bin/p", PathKind.FILE),
        ("out", PathKind.LINK),
        ("s", PathKind.FOLDER),
        ("s/b.js", PathKind.FILE),
    ]
    assert list(context(root, "**/node_modules\nui/out").entries("ui/s")) == [("b.js", PathKind.FILE)]


def test_looking_ends(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_ENTRIES", 3)
    with pytest.raises(TooManyError, match="more than 3 files"):
        list(context(root).entries("ui"))
    with pytest.raises(TooManyError):
        list(context(root).matches("ui/*"))


def test_patterns_that_cannot_be_read_leave_nothing_out(root: Path) -> None:
    (root / ".dockerignore").mkdir()
    assert Context(root, root / "Dockerfile").find("a").is_sent


@pytest.mark.parametrize("target", ["../outside", "/outside"])
def test_no_folder_outside_is_listed_through_a_link(target: str, tmp_path: Path) -> None:
    root = tmp_path / "project"
    (root / "ui").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.js").touch()
    (root / "ui" / "up").symlink_to(f"../{target}" if target.startswith(".") else tmp_path / "outside")
    tree = Context(root, root / "Dockerfile")
    assert list(tree.entries("ui/up")) == []
    assert list(tree.matches("ui/up/*.js")) == []
    assert list(tree.entries("ui")) == [("up", PathKind.LINK)]
    assert "ui/up is a symbolic link that leads out" in tree.find("ui/up/secret.js").why


def test_a_folder_is_listed_through_a_link_within(root: Path) -> None:
    tree = context(root)
    assert list(tree.entries("link")) == [("b.js", PathKind.FILE)]
    assert list(tree.matches("link/*.js")) == ["link/b.js"]


def test_a_loop_of_links_says_so(root: Path) -> None:
    assert context(root).find("ui/loop").why == "ui/loop leads through symbolic links back to itself"


class TestUnreadable:
    def test_everything_below_a_folder_is_looked_at_once(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "why_unreadable", lambda *_, **__: "is so")
        tree = context(root, "**/node_modules\n")
        found = list(tree.unreadable(["ui/s", "ui", "link", "a", "x"]))
        assert found == [("a", "is so"), ("link", "is so"), ("ui", "is so")]

    def test_only_what_is_sent_counts(self, stranger: Path) -> None:
        for name in ("ui/a", "ui/b", "ui/c"):
            (stranger / "ui").mkdir(exist_ok=True)
            (stranger / name).touch(mode=0)
        (stranger / "ui/shut").mkdir(mode=0)
        make_pipe(stranger / "ui/pipe")
        tree = context(stranger, "ui/b\n")
        denied = "cannot be read: permission denied"
        assert list(tree.unreadable([""])) == [("ui/a", denied), ("ui/c", denied), ("ui/shut", denied)]
        assert tree.find("ui/shut/x").fault == denied

    def test_it_ends(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "_MOST_ENTRIES", 6)
        for name in ("b", "c"):
            (root / name).mkdir()
            (root / name / "x").touch()
        assert list(context(root).unreadable(["b", "c"])) == []
        with pytest.raises(TooManyError):
            list(context(root).unreadable(["b", "c", "ui"]))


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (Path.touch, ""),
        (Path.mkdir, "is a folder, not a file"),
        (make_pipe, "is a named pipe, not a file"),
        (lambda path: path.symlink_to(path.name), "is a symbolic link that leads back to itself"),
    ],
)
def test_a_file_of_patterns_that_is_none_is_told(make: Callable[[Path], None], fault: str, root: Path) -> None:
    make(root / ".dockerignore")
    tree = Context(root, root / "Dockerfile")
    assert tree.ignore_fault == fault
    assert tree.find("a").is_sent
