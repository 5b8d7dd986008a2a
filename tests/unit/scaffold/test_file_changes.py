"""What becomes of each file of a template; where both sides changed text, with the real git."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import ConflictsLeftError
from dext_tasks.scaffold.file_changes import (
    Fate,
    FileChange,
    FileState,
    Obstacle,
    Side,
    decide,
    find_in,
    require_resolved,
)
from dext_tasks.scaffold.merging import Sides, merge
from tests.unit.needs import make_pipe

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW, MINE = FileState(b"old\n"), FileState(b"new\n"), FileState(b"mine\n")
PICTURE, DRAWN, PAINTED = FileState(b"\x89PNG\0old"), FileState(b"\x89PNG\0new"), FileState(b"\xff\xfemine")


def one(base: FileState | None, ours: Side, theirs: FileState | None) -> FileChange | None:
    """What becomes of a file that none has to merge."""
    found = decide({"f": base} if base else {}, {"f": ours}, {"f": theirs} if theirs else {})
    return found[0] if found else None


def runs(state: FileState) -> FileState:
    return FileState(state.content, is_executable=True)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "fate", "state"),
    [
        (None, None, NEW, Fate.NEW, NEW),
        (None, None, runs(NEW), Fate.NEW, runs(NEW)),
        (OLD, OLD, NEW, Fate.UPDATED, NEW),
        (OLD, OLD, None, Fate.REMOVED, None),
        (PICTURE, PICTURE, DRAWN, Fate.UPDATED, DRAWN),
        # Rights go by whoever changed them.
        (OLD, OLD, runs(OLD), Fate.UPDATED, runs(OLD)),
        (OLD, runs(OLD), NEW, Fate.UPDATED, runs(NEW)),
        (runs(OLD), runs(OLD), NEW, Fate.UPDATED, NEW),
        (OLD, MINE, runs(OLD), Fate.UPDATED, runs(MINE)),
        # Line ends are the author's.
        (OLD, FileState(b"old\r\n"), NEW, Fate.UPDATED, FileState(b"new\r\n")),
        (OLD, FileState(b"old\r\n"), None, Fate.REMOVED, None),
    ],
)
def test_what_the_author_left_alone_follows_the_template(
    base: FileState | None, ours: Side, theirs: FileState | None, fate: Fate, state: FileState | None
) -> None:
    assert one(base, ours, theirs) == FileChange("f", fate, state)


@pytest.mark.parametrize(
    ("base", "ours", "theirs"),
    [
        (OLD, OLD, OLD),
        (OLD, MINE, OLD),
        (OLD, None, OLD),
        (OLD, None, None),
        (OLD, NEW, NEW),
        (None, NEW, NEW),
        (OLD, FileState(b"new\r\n"), NEW),
        (OLD, runs(OLD), OLD),
        (OLD, Obstacle("it is a symbolic link"), OLD),
        (PICTURE, PAINTED, PICTURE),
    ],
)
def test_what_only_the_author_changed_is_left_alone(
    base: FileState | None, ours: Side, theirs: FileState | None
) -> None:
    assert one(base, ours, theirs) is None


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "why"),
    [
        (OLD, None, NEW, "you removed it, and the template changed it"),
        (OLD, MINE, None, "the template no longer has it, and you changed it"),
        (OLD, Obstacle("ui is a symbolic link"), NEW, "ui is a symbolic link"),
        (None, Obstacle("it is not a file"), NEW, "it is not a file"),
        (PICTURE, PAINTED, DRAWN, "the template has another one, and it is not text that could be merged"),
        (None, PAINTED, DRAWN, "the template has another one, and it is not text that could be merged"),
        (
            OLD,
            FileState(b"gr\xfc\xdfe\n"),
            NEW,
            "the template has another one, and it is not text that could be merged",
        ),
    ],
)
def test_what_cannot_be_both_stays_the_author_s(
    base: FileState | None, ours: Side, theirs: FileState | None, why: str
) -> None:
    found = one(base, ours, theirs)
    assert found == FileChange("f", Fate.KEPT, why=why)
    assert not found.is_written


@pytest.mark.allow_processes
def test_texts_that_both_changed_are_merged() -> None:
    lines = [f"{number}\n" for number in range(9)]

    def text(ends: bytes = b"\n", **changed: str) -> FileState:
        mixed = "".join(changed.get(f"at{number}", line) for number, line in enumerate(lines))
        return FileState(mixed.encode().replace(b"\n", ends))

    crlf = b"\r\n"
    files = {
        "apart": (text(), text(at1="mine\n"), text(at7="new\n")),
        "both": (text(), text(at1="mine\n"), text(at1="new\n", at7="new\n")),
        "deep/crlf": (text(), text(crlf, at1="mine\n"), text(at7="new\n")),
        "deep/crlf-both": (text(), text(crlf, at1="mine\n"), text(at1="new\n")),
        "runs": (text(), text(at1="mine\n"), runs(text(at7="new\n"))),
        # What both have anew, and what rules of git's own would change or leave out.
        "each-made-one": (None, MINE, NEW),
        ".gitattributes": (FileState(b"a\n"), FileState(b"a\n* text eol=crlf\n"), FileState(b"* binary\na\n")),
        ".gitignore": (FileState(b"a\n"), FileState(b"a\n*\n"), FileState(b"b\na\n")),
        "größe {{ 7 }}": (text(), text(at1="{{ 7 * 7 }}\n"), text(at7="{% raw %}\n")),
    }
    found = decide(
        {path: base for path, (base, _, _) in files.items() if base},
        {path: ours for path, (_, ours, _) in files.items()},
        {path: theirs for path, (_, _, theirs) in files.items()},
    )
    by_path = {each.path: each for each in found}
    assert {path: each.state for path, each in by_path.items() if each.fate is Fate.MERGED} == {
        "apart": text(at1="mine\n", at7="new\n"),
        "deep/crlf": text(crlf, at1="mine\n", at7="new\n"),
        "runs": runs(text(at1="mine\n", at7="new\n")),
        ".gitattributes": FileState(b"* binary\na\n* text eol=crlf\n"),
        ".gitignore": FileState(b"b\na\n*\n"),
        "größe {{ 7 }}": text(at1="{{ 7 * 7 }}\n", at7="{% raw %}\n"),
    }
    marked = "<<<<<<< before updating\nmine\n=======\nnew\n>>>>>>> after updating\n"
    assert {path: (each.state, each.lines) for path, each in by_path.items() if each.sides} == {
        "both": (text(at1=marked, at7="new\n"), (2,)),
        "deep/crlf-both": (text(crlf, at1=marked), (2,)),
        "each-made-one": (FileState(marked.encode()), (1,)),
    }
    assert by_path["deep/crlf-both"].sides == Sides(
        *(text(crlf, **at).content for at in ({}, {"at1": "mine\n"}, {"at1": "new\n"}))
    )


@pytest.mark.allow_processes
def test_a_change_stays_in_its_place_where_another_looks_the_same() -> None:
    def job(name: str, *more: str) -> str:
        steps = ["- checkout", "- python", "- install", *more, "- check", "- test", "- report"]
        return "".join(f"{line}\n" for line in (f"{name}:", *steps))

    # A patch with three lines of context fits the second job as well, which is now where the first one was.
    sides = Sides(*(text.encode() for text in (job("b"), job("b", "- mine"), job("a", "- x") + job("c") + job("b"))))
    assert merge({"ci.yml": sides}) == {"ci.yml": (job("a", "- x") + job("c") + job("b", "- mine")).encode()}


def test_nothing_to_merge_starts_nothing() -> None:
    assert merge({}) == {}


def test_what_is_there_is_found(tmp_path: Path) -> None:
    (tmp_path / "ui").mkdir()
    (tmp_path / "ui/app.js").write_bytes(b"app")
    (tmp_path / "ui/app.js").chmod(0o755)
    assert find_in(tmp_path, "ui/app.js", {"ui/app.js"}) == FileState(b"app", is_executable=os.name == "posix")
    assert find_in(tmp_path, "ui/gone.js", set()) is None
    assert find_in(tmp_path, "gone/app.js", set()) is None


def test_what_is_no_file_of_the_project_is_an_obstacle(tmp_path: Path) -> None:
    outside, project = tmp_path / "outside", tmp_path / "project"
    for folder in (outside, project / "module", project / "folder"):
        folder.mkdir(parents=True)
    (outside / "f").write_bytes(b"secret")
    (project / "linked").symlink_to(outside)
    (project / "link").symlink_to(outside / "f")
    (project / "module/.git").write_text("gitdir: elsewhere")
    (project / "file").touch()
    make_pipe(project / "pipe")
    with (project / "large").open("wb") as large:
        large.truncate(17 << 20)
    paths = ("link", "linked/f", "module/f", "file/f", "folder", "pipe", "large", "sparse")
    found = {path: find_in(project, path, {"sparse"}) for path in paths}
    assert {path: each.why for path, each in found.items() if isinstance(each, Obstacle)} == {
        "link": "it is a symbolic link",
        "linked/f": "linked is a symbolic link",
        "module/f": "module is a repository of its own",
        "file/f": "file is not a folder",
        "folder": "it is not a file",
        "pipe": "it is not a file",
        "large": "it is larger than 16 MiB",
        "sparse": "it is left out of this checkout",
    }


def test_conflict_markers_of_before_are_told() -> None:
    marked = FileState(b"a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> theirs\n")
    crlf = FileState(marked.content.replace(b"\n", b"\r\n"))
    ours: dict[str, Side] = {"a": marked, "b": MINE, "c": None, "d": Obstacle("x"), "e": crlf}
    with pytest.raises(ConflictsLeftError, match="2 files have conflict markers already: a, e"):
        require_resolved(ours)
    require_resolved({"a": FileState(b"Title\n=======\n<<<<<<<\n"), "b": FileState(b"<<<<<<< x\n")})
