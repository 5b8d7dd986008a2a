"""What an adoption writes, and that it can be taken away again."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.config.resolve import Layers, resolve
from dext_tasks.errors import DextError, DirtyTreeError, FileAccessError, NotAdoptedError, OutsideProjectError
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.scaffold.adoption.found import KnownValue, Survey, TagHistory, ValueOrigin
from dext_tasks.scaffold.adoption.plan import Wishes, adopt_all, adopt_one
from dext_tasks.scaffold.adoption.record import RECORD, digest, plan_undo, undo
from dext_tasks.scaffold.pipelines import PipelineSystem

if TYPE_CHECKING:
    from collections.abc import Mapping

WISHES = Wishes()
PIPED = replace(WISHES, pipeline=PipelineSystem.GITHUB)
TASKS = b"from invoke import task\n\n\n@task\ndef hello(c):\n    pass\n"


def found(root: Path, top: Path | None = None, image: str = "acme/demo") -> Survey:
    return Survey(
        root=root,
        top=top or root,
        image=KnownValue(image),
        platforms=KnownValue(REQUIRED),
        dockerfile=KnownValue("Dockerfile"),
        metadata=KnownValue("metadata.json"),
        build_args=KnownValue({"MODE": "fast"}),
        build_target=KnownValue(""),
        history=TagHistory(KnownValue("release-")),
    )


def tree(root: Path) -> dict[str, bytes | None]:
    """Every file with what it holds, and every folder."""
    return {
        each.relative_to(root).as_posix(): each.read_bytes() if each.is_file() else None for each in root.rglob("*")
    }


def put(root: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)


class TestOne:
    def test_is_written_and_read_as_settings(self, tmp_path: Path) -> None:
        planned = adopt_one(found(tmp_path), WISHES)
        assert tree(tmp_path) == {}
        planned.apply()
        assert planned.is_applied
        settings = resolve(Layers(tmp_path)).settings
        assert (settings.image, settings.release_tag_prefix) == ("acme/demo", "release-")
        assert settings.build_args == (("MODE", "fast"),)
        assert {name for name in tree(tmp_path) if not name.startswith(".dext")} == {
            "tasks.py",
            "noxfile.py",
            "invoke.yaml",
        }
        assert adopt_one(found(tmp_path), WISHES).files == ()

    def test_keeps_what_the_settings_say_already(self, tmp_path: Path) -> None:
        put(tmp_path, {"invoke.yaml": b"dext:\n  image: acme/mine\n  release:\n    tag_prefix: x\n"})
        adopt_one(found(tmp_path), WISHES).apply()
        dext = yaml.safe_load((tmp_path / "invoke.yaml").read_text())["dext"]
        assert dext == {"image": "acme/mine", "release": {"tag_prefix": "x"}, "build": {"args": {"MODE": "fast"}}}

    def test_has_no_pipeline_outside_of_a_repository(self, tmp_path: Path) -> None:
        planned = adopt_one(found(tmp_path), PIPED)
        assert len(planned.files) == 3
        assert planned.notes[0].startswith("no pipeline is written: ")

    def test_leaves_a_pipeline_that_is_there(self, tmp_path: Path) -> None:
        put(tmp_path, {".git/HEAD": b"", ".gitlab-ci.yml": b"mine: {}\n"})
        planned = adopt_one(found(tmp_path), replace(WISHES, pipeline=PipelineSystem.GITLAB))
        assert ".gitlab-ci.yml" not in {each.path for each in planned.files}
        assert ".gitlab-ci.yml is there already and stays; see `dext ci.gitlab --dry-run`" in planned.notes

    def test_says_which_pipeline_pushes_the_image_already(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        push = ValueOrigin(".github/workflows/push.yml", 7, "docker push")
        survey = replace(found(tmp_path), publishing=(push,))
        said = ".github/workflows/push.yml:7 pushes the image, too, and stays: let only one pipeline publish versions"
        assert adopt_one(survey, PIPED).notes == (said,)
        assert adopt_one(survey, WISHES).notes == ()

    def test_has_its_pipeline_at_the_top_of_the_repository(self, tmp_path: Path) -> None:
        put(tmp_path, {".git/HEAD": b"", "ext/Dockerfile": b""})
        before = tree(tmp_path)
        planned = adopt_one(found(tmp_path / "ext", tmp_path), PIPED)
        assert "../.github/workflows/extension-check.yml" in {each.path for each in planned.files}
        planned.apply()
        assert (tmp_path / ".github/workflows/extension-release.yml").is_file()
        undo(plan_undo(tmp_path / "ext", tmp_path))
        assert tree(tmp_path) == before

    def test_says_which_tasks_are_no_longer_found_from_its_folder(self, tmp_path: Path) -> None:
        put(tmp_path, {"tasks.py": TASKS, "ext/Dockerfile": b""})
        planned = adopt_one(found(tmp_path / "ext", tmp_path), WISHES)
        assert f"`inv` no longer finds the tasks of {tmp_path / 'tasks.py'}" in planned.notes[0]
        assert adopt_one(found(tmp_path), WISHES).notes == ()

    def test_does_not_hide_a_folder_of_modules(self, tmp_path: Path) -> None:
        put(tmp_path, {"tasks/worker.py": b""})
        planned = adopt_one(found(tmp_path), WISHES)
        assert "tasks.py" not in {each.path for each in planned.files}
        assert "which a tasks.py would hide" in planned.shown[0].why
        assert not planned.has_tasks

    def test_extends_what_a_link_in_the_repository_leads_to(self, tmp_path: Path) -> None:
        put(tmp_path, {"scripts/mine.py": TASKS})
        (tmp_path / "tasks.py").symlink_to("scripts/mine.py")
        adopt_one(found(tmp_path), WISHES).apply()
        assert (tmp_path / "tasks.py").is_symlink()
        assert b"with_verbs" in (tmp_path / "scripts/mine.py").read_bytes()
        undo(plan_undo(tmp_path, tmp_path))
        assert (tmp_path / "tasks.py").is_symlink()
        assert (tmp_path / "scripts/mine.py").read_bytes() == TASKS

    def test_is_not_written_over_what_changed_since_it_was_planned(self, tmp_path: Path) -> None:
        planned = adopt_one(found(tmp_path), WISHES)
        put(tmp_path, {"tasks.py": TASKS})
        with pytest.raises(DirtyTreeError, match=r"tasks\.py changed meanwhile"):
            planned.apply()
        assert tree(tmp_path) == {"tasks.py": TASKS}

    def test_needs_files_where_it_writes_some(self, tmp_path: Path) -> None:
        (tmp_path / "tasks.py").mkdir()
        with pytest.raises(FileAccessError, match=r"tasks\.py is a folder, not a file"):
            adopt_one(found(tmp_path), WISHES)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(5))
def test_an_interruption_at_any_moment_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, when: str
) -> None:
    put(tmp_path, {"tasks.py": TASKS, "invoke.yaml": b"run: {}\n"})
    before = tree(tmp_path)
    planned = adopt_one(found(tmp_path), WISHES)
    done, real = count(), Path.replace

    def interrupted(self: Path, target: Path) -> Path:
        is_now = next(done) == number
        if is_now and when == "before":
            raise KeyboardInterrupt
        moved = real(self, target)
        if is_now:
            raise KeyboardInterrupt
        return moved

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        planned.apply()
    assert tree(tmp_path) == before
    assert not planned.is_applied


class TestAll:
    def test_have_names_of_their_own(self, tmp_path: Path) -> None:
        surveys = [found(tmp_path / name, tmp_path, f"acme/{name[0]}") for name in ("a/ui", "b/ui", "c")]
        surveys.append(found(tmp_path, tmp_path, "acme/main"))
        for name in ("a/ui", "b/ui", "c"):
            put(tmp_path, {f"{name}/Dockerfile": b""})
        planned = adopt_all(tmp_path, surveys, WISHES)
        assert [tuple(each) for each in planned.members] == [
            ("a-ui", "a/ui"),
            ("b-ui", "b/ui"),
            ("c", "c"),
            ("main", "."),
        ]
        planned.apply()
        assert 'tasks_for(".", name="main")' in (tmp_path / "tasks.py").read_text()
        assert resolve(Layers(tmp_path / "b/ui")).settings.image == "acme/b"
        assert adopt_all(tmp_path, surveys, WISHES).files == ()


class TestUndo:
    def test_leaves_what_was_changed_and_takes_it_away_later(self, tmp_path: Path) -> None:
        adopt_one(found(tmp_path), WISHES).apply()
        made = (tmp_path / "tasks.py").read_bytes()
        put(tmp_path, {"tasks.py": b"# mine\n"})
        first = plan_undo(tmp_path, tmp_path)
        assert (first.left, first.removed) == (("tasks.py",), ("noxfile.py", "invoke.yaml"))
        undo(first)
        put(tmp_path, {"tasks.py": made})
        undo(plan_undo(tmp_path, tmp_path))
        assert tree(tmp_path) == {}

    def test_goes_back_to_before_the_first_of_two_adoptions(self, tmp_path: Path) -> None:
        put(tmp_path, {".git/HEAD": b"", "invoke.yaml": b"run: {}\n"})
        before = tree(tmp_path)
        adopt_one(found(tmp_path), WISHES).apply()
        adopt_one(replace(found(tmp_path), build_target=KnownValue("last")), PIPED).apply()
        assert b"target: last" in (tmp_path / "invoke.yaml").read_bytes()
        undo(plan_undo(tmp_path, tmp_path))
        assert tree(tmp_path) == before

    def test_keeps_other_files_of_the_state_folder_out_of_version_control(self, tmp_path: Path) -> None:
        adopt_one(found(tmp_path), WISHES).apply()
        put(tmp_path, {".dext/other": b"x"})
        undo(plan_undo(tmp_path, tmp_path))
        assert tree(tmp_path) == {".dext": None, ".dext/.gitignore": b"*\n", ".dext/other": b"x"}

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[]",
            "{}",
            "null",
            '{"form": 2, "files": []}',
            '{"form": 1, "files": 3}',
            '{"form": 1, "files": [{"path": "a"}]}',
            '{"form": 1, "files": [{"path": "/etc/passwd", "before": null, "after": ""}]}',
            '{"form": 1, "files": [{"path": "a", "before": "?", "after": ""}]}',
            '{"form": 1, "files": [{"path": "a", "before": 3, "after": ""}]}',
            '{"form": 1, "files": []}',
        ],
    )
    def test_of_a_record_that_says_nothing_is_refused(self, tmp_path: Path, text: str) -> None:
        put(tmp_path, {RECORD: text.encode()})
        with pytest.raises(NotAdoptedError):
            plan_undo(tmp_path, tmp_path)

    def test_never_leaves_the_repository(self, tmp_path: Path) -> None:
        (tmp_path / "top").mkdir()
        record = {"form": 1, "files": [{"path": "../tasks.py", "before": None, "after": "0"}]}
        put(tmp_path, {f"top/{RECORD}": json.dumps(record).encode(), "tasks.py": b"x"})
        with pytest.raises(OutsideProjectError, match=r"\.\./tasks\.py is outside of"):
            plan_undo(tmp_path / "top", tmp_path / "top")


LINES = [
    "import nox",
    "from invoke import task",
    "ns = Collection()",
    "@task\ndef a(c):\n    pass",
    "x = 'ä'",
    "# c",
    "",
]
ANY = st.text(st.characters(codec="utf-8"), max_size=12)
PYTHON = ANY | st.lists(st.sampled_from(LINES), max_size=5).map("\n".join)
OWN = ["dext:\n  smoke: {timeout: 3}", "dext:\n    release:\n        line: '1'\n"]
YAML = ANY | st.sampled_from(["", "# c", "run: {}", "run:\n  a: 1\n", *OWN, "{}"])
TOML = ANY | st.sampled_from(["", "[tool.uv]\n", "[tool.poetry]\nx = 1", '[tool.dext]\nimage = "a/b"\n', "[project]\n"])


@given(
    tasks=st.none() | PYTHON,
    sessions=st.none() | PYTHON,
    invoke=st.none() | YAML,
    pyproject=st.none() | TOML,
    eol=st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_undone_is_as_it_was_and_a_second_time_changes_nothing(
    tasks: str | None, sessions: str | None, invoke: str | None, pyproject: str | None, eol: str
) -> None:
    texts = {"tasks.py": tasks, "noxfile.py": sessions, "invoke.yaml": invoke, "pyproject.toml": pyproject}
    with TemporaryDirectory() as place:
        root = Path(place).resolve()
        put(root, {name: text.replace("\n", eol).encode() for name, text in texts.items() if text is not None})
        before = tree(root)
        try:
            planned = adopt_one(found(root), WISHES)
        except DextError:
            assert tree(root) == before
            return
        planned.apply()
        assert planned.is_applied
        after = tree(root)
        assert adopt_one(found(root), WISHES).files == ()
        assert {name for name in after if name not in before and not name.startswith(".dext")} <= {
            each.path for each in planned.files
        }
        if planned.files:
            undo(plan_undo(root, root))
        assert tree(root) == before


@pytest.mark.parametrize("path", [".git/config", "Dockerfile", "", "..", "ui/.git/hooks/tasks", "\ud800", "tasks.py\n"])
def test_a_record_that_came_with_a_repository_changes_no_other_files(tmp_path: Path, path: str) -> None:
    config = b"[core]\n"
    files = [{"path": path, "before": "eA==", "after": digest(config)}]
    put(tmp_path, {RECORD: json.dumps({"form": 1, "files": files}).encode(), ".git/config": config})
    with pytest.raises(NotAdoptedError):
        plan_undo(tmp_path, tmp_path)


def test_no_record_is_followed_into_what_git_keeps(tmp_path: Path) -> None:
    config = b"[core]\n"
    files = [{"path": "tasks.py", "before": "eA==", "after": digest(config)}]
    put(tmp_path, {RECORD: json.dumps({"form": 1, "files": files}).encode(), ".git/config": config})
    (tmp_path / "tasks.py").symlink_to(".git/config")
    with pytest.raises(OutsideProjectError, match="git's own folder"):
        plan_undo(tmp_path, tmp_path)


@pytest.mark.parametrize(("link", "git"), [(".github", ".git"), (".dext", ".git"), (".dext", ".GIT")])
def test_nothing_is_written_into_what_git_keeps(tmp_path: Path, link: str, git: str) -> None:
    (tmp_path / git).mkdir()
    (tmp_path / link).symlink_to(git)
    before = tree(tmp_path)
    planned = adopt_one(found(tmp_path), PIPED)
    with pytest.raises(OutsideProjectError, match="git's own folder"):
        planned.require_possible()
    with pytest.raises(OutsideProjectError):
        planned.apply()
    assert tree(tmp_path) == before


def test_two_names_of_one_file_are_refused_before_one_of_both_lines_is_lost(tmp_path: Path) -> None:
    put(tmp_path, {"noxfile.py": b"import nox\n" + TASKS})
    (tmp_path / "tasks.py").symlink_to("noxfile.py")
    planned = adopt_one(found(tmp_path), WISHES)
    for act in (planned.require_possible, planned.apply):
        with pytest.raises(FileAccessError, match=r"tasks\.py and noxfile\.py are one file"):
            act()
    assert (tmp_path / "noxfile.py").read_bytes() == b"import nox\n" + TASKS


@pytest.mark.parametrize("system", PipelineSystem)
def test_every_file_of_a_pipeline_goes_again(tmp_path: Path, system: PipelineSystem) -> None:
    (tmp_path / ".git").mkdir()
    put(tmp_path, {"Dockerfile": b"FROM scratch\n", "metadata.json": b"{}"})
    before = tree(tmp_path)
    planned = adopt_one(found(tmp_path), replace(WISHES, pipeline=system))
    assert any("ci" in each.path or ".github" in each.path for each in planned.files)
    planned.apply()
    undo(plan_undo(tmp_path, tmp_path))
    assert tree(tmp_path) == before
