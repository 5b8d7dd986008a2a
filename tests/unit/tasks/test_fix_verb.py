"""dext fix."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from dext_tasks import errors
from dext_tasks.console import prompt

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.tasks.conftest import Call

TITLE = "org.opencontainers.image.title"
BEFORE = f'FROM scratch\r\n# mine\r\nLABEL {TITLE}=" A"\r\nCOPY metadata.json /\r\n'
AFTER = BEFORE.replace('" A"', '"A"')
RULE = ("--rule", "label-edge-space")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Dockerfile").write_bytes(BEFORE.encode())
    (tmp_path / "Dockerfile").chmod(0o640)
    (tmp_path / "metadata.json").write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def content(project: Path) -> str:
    return (project / "Dockerfile").read_bytes().decode()


def somebody(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr(prompt, "somebody_answers", lambda: True)
    monkeypatch.setattr("sys.stdin.readline", lambda: answer)


def test_a_dry_run_shows_the_diff_and_changes_nothing(call: Call, project: Path) -> None:
    told = call("fix", "--dry-run", *RULE)
    assert told.code == 0
    assert told.out.splitlines() == [
        "diff --git a/Dockerfile b/Dockerfile",
        "--- a/Dockerfile",
        "+++ b/Dockerfile",
        "@@ -1,4 +1,4 @@",
        " FROM scratch",
        " # mine",
        f'-LABEL {TITLE}=" A"',
        f'+LABEL {TITLE}="A"',
        " COPY metadata.json /",
    ]
    assert "dry run: nothing was changed" in told.err
    assert content(project) == BEFORE


def test_what_was_shown_is_written_with_its_rights_and_a_second_run_has_nothing_to_do(
    call: Call, project: Path
) -> None:
    told = call("fix", "--yes", *RULE)
    assert (told.code, content(project)) == (0, AFTER)
    assert stat.S_IMODE((project / "Dockerfile").stat().st_mode) == 0o640
    assert "fixed 1 fault in 1 file" in told.err
    assert "left for you: " in told.err
    again = call("fix", "--yes", *RULE)
    assert (again.code, again.out) == (0, "nothing to fix\n")


def test_without_a_terminal_the_diff_is_shown_and_nothing_is_changed(call: Call, project: Path) -> None:
    told = call("fix", *RULE)
    assert told.code == errors.ConfirmationNeededError.exit_code
    assert f'+LABEL {TITLE}="A"' in told.out
    assert "add --yes if the diff above is right" in told.err
    assert content(project) == BEFORE


def test_it_is_asked_once(call: Call, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    somebody(monkeypatch, "\n")
    assert (call("fix", *RULE).code, content(project)) == (errors.ConfirmationNeededError.exit_code, BEFORE)
    somebody(monkeypatch, "y\n")
    assert (call("fix", *RULE).code, content(project)) == (0, AFTER)


def test_what_changes_is_data(call: Call, project: Path) -> None:
    told = call("fix", "--yes", "--json", *RULE).document
    assert told["dry_run"] is False
    assert [(each["rule"], each["file"], each["line"]) for each in told["fixed"]] == [
        ("label-edge-space", "Dockerfile", 3)
    ]
    assert [each["path"] for each in told["files"]] == ["Dockerfile"]
    assert told["left"]["error"] > 0
    assert content(project) == AFTER


def test_a_file_that_changed_meanwhile_is_left(call: Call, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def edit() -> str:
        (project / "Dockerfile").write_text(f"{BEFORE}# more\n", encoding="utf-8", newline="")
        return "y\n"

    monkeypatch.setattr(prompt, "somebody_answers", lambda: True)
    monkeypatch.setattr("sys.stdin.readline", edit)
    told = call("fix", *RULE)
    assert told.code == errors.FileAccessError.exit_code
    assert "Dockerfile has changed since it was read" in told.err
    assert content(project) == f"{BEFORE}# more\n"


def test_a_code_that_is_none_is_refused_with_the_nearest(call: Call, project: Path) -> None:
    told = call("fix", "--rule", "label-edge-spaces", "--path", str(project))
    assert told.code == errors.UsageError.exit_code
    assert "did you mean label-edge-space?" in told.err


def test_a_rule_that_nobody_fixes_is_refused(call: Call, project: Path) -> None:
    told = call("fix", "--rule", "icon-nowhere", "--path", str(project))
    assert told.code == errors.UsageError.exit_code
    assert "dext check --explain icon-nowhere" in told.err


def test_what_can_be_fixed_is_listed(call: Call) -> None:
    assert "label-edge-space" in call("fix", "--list").out
    listed = call("fix", "--list", "--json").document["rules"]
    assert {each["repair"] for each in listed} <= {"sure", "choice"}


class TestChoices:
    DOCKERFILE = "FROM scratch\nLABEL a=1\nLABEL a=2\n"
    DUPLICATE = ("--rule", "label-duplicate")

    @pytest.fixture(autouse=True)
    def _differing(self, project: Path) -> None:
        (project / "Dockerfile").write_text(self.DOCKERFILE, encoding="utf-8")

    def test_what_is_chosen_is_written(self, call: Call, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        typed = iter(["7", "nonsense", "2"])
        somebody(monkeypatch, "y\n")
        monkeypatch.setattr(prompt, "read_line", lambda _: next(typed))
        told = call("fix", *self.DUPLICATE)
        assert (told.code, content(project)) == (0, "FROM scratch\nLABEL a=1\n")
        assert "Which a is right? (Enter leaves it)" in told.err
        assert "answer with one of 1, 2, or with Enter alone" in told.err

    def test_enter_leaves_it(self, call: Call, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        somebody(monkeypatch, "")
        monkeypatch.setattr(prompt, "read_line", lambda _: "")
        told = call("fix", *self.DUPLICATE)
        assert (told.code, content(project)) == (0, self.DOCKERFILE)
        assert told.out == "nothing to fix without a choice of yours\n"
        assert "Several answers are right; left without an answer:" in told.err

    def test_nobody_is_asked_where_nobody_answers(self, call: Call, project: Path) -> None:
        told = call("fix", "--yes", *self.DUPLICATE)
        assert (told.code, content(project)) == (0, self.DOCKERFILE)
        assert "  label-duplicate, Dockerfile:2, label a: Which a is right?" in told.err
        assert "Several answers are right; run it in a terminal to choose:" in told.err
        (choice,) = call("fix", "--json", *self.DUPLICATE).document["choices"]
        assert choice["options"] == ["2, in line 3, which the image has now", "1, in line 2"]
