"""Tasks of one of several extensions, bound to its folder."""

from __future__ import annotations

import subprocess
import sys
from inspect import signature
from typing import TYPE_CHECKING

import pytest
from invoke.collection import Collection
from invoke.context import Context
from invoke.exceptions import Exit

import dext_tasks
from dext_tasks import errors, tasks_for
from dext_tasks.tasks import namespace
from dext_tasks.tasks.bound import bound
from dext_tasks.tasks.verb import verb

if TYPE_CHECKING:
    from pathlib import Path

    from dext_tasks.tasks.run import Run
    from tests.unit.tasks.conftest import Call


@pytest.fixture(autouse=True)
def extensions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two extensions in a folder that is not one itself, which is the current one."""
    for name in ("a", "b"):
        folder = tmp_path / "extensions" / name
        folder.mkdir(parents=True)
        (folder / "metadata.json").write_text("{}", encoding="utf-8")
        (folder / "invoke.yaml").write_text(f"dext: {{image: acme/{name}}}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "extensions"


def test_every_verb_of_a_project_is_there(extensions: Path) -> None:
    assert set(tasks_for(extensions / "a").task_names) == set(namespace.task_names) - {"new", "adopt"}
    assert dext_tasks.tasks_for is tasks_for


def test_they_know_their_folder(call: Call, extensions: Path) -> None:
    ns = Collection(tasks_for(extensions / "a"), tasks_for(extensions / "b", name="other"))
    for name, image in (("a", "acme/a"), ("other", "acme/b")):
        ended = call(f"{name}.config", "--json", tasks=ns)
        assert ended.document["image"] == {"value": image, "from": "invoke.yaml:1"}


def test_release_alone_is_the_release(call: Call, extensions: Path) -> None:
    ns = Collection(tasks_for(extensions / "a"))
    shown = call("--help", "a.release", tasks=ns).out
    assert "--bump" in shown
    assert " a.release " in shown[shown.index("Example:") :]
    assert set(ns.task_names) >= {"a.release.release", "a.release.status", "a.ci.matrix"}


@pytest.mark.parametrize("name", sorted(tasks_for("a").task_names))
def test_a_path_is_no_flag_of_theirs(name: str) -> None:
    whole, its = namespace[name], tasks_for("a")[name]
    flags = {argument.name: argument.help for argument in whole.get_arguments()}
    assert {argument.name: argument.help for argument in its.get_arguments()} == {
        flag: text for flag, text in flags.items() if flag != "path"
    }
    assert "path" not in signature(its.body).parameters
    assert [each.name for each in its.get_arguments() if each.incrementable] == ["verbose"]


def test_a_path_is_no_argument_of_theirs(extensions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exit) as ended:
        tasks_for(extensions / "a")["config"](Context(), path="b")
    assert ended.value.code == errors.UsageError.exit_code
    message, remedy = capsys.readouterr().err.splitlines()
    assert message.endswith(f"its folder is {extensions / 'a'} already")
    assert remedy == "  next: it takes json, verbose"


def test_flags_and_positional_arguments_reach_them(extensions: Path) -> None:
    seen: list[tuple[str, str, float]] = []

    @verb(options=["smoke_timeout"])
    def show(run: Run, word: str = "hello") -> None:
        """Keep what it was called with."""
        seen.append((word, run.resolved.settings.image, run.resolved.settings.smoke_timeout))

    its = bound(show, extensions / "b")
    its(Context())
    its(Context(), "hi", smoke_timeout=60)
    assert seen == [("hello", "acme/b", 30.0), ("hi", "acme/b", 60.0)]
    with pytest.raises(Exit):
        its(Context(), stict=True)


@pytest.mark.parametrize(
    ("folder", "name"), [("my_tool", "my-tool"), ("io.acme.tool", "io-acme-tool"), (".", "extensions")]
)
def test_a_folder_gives_a_name_that_can_be_called(call: Call, extensions: Path, folder: str, name: str) -> None:
    made = extensions / folder
    made.mkdir(exist_ok=True)
    (made / "metadata.json").write_text("{}", encoding="utf-8")
    assert call(f"{name}.config", "--json", tasks=Collection(tasks_for(made))).code == 0


TASKS = """
from invoke import Collection, task
from dext_tasks import errors, tasks_for
a, b = tasks_for("extensions/a"), tasks_for("extensions/b")

@task(pre=[a["config"], b["config"]])
def both(c):
    pass

ns = Collection(a, b, both)
"""


@pytest.mark.allow_processes
@pytest.mark.parametrize("folder", [".", "extensions", "extensions/b"])
def test_a_relative_folder_starts_at_tasks_py(folder: str, extensions: Path) -> None:
    (extensions.parent / "tasks.py").write_text(TASKS, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "invoke", "both"],
        cwd=extensions.parent / folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    # Invoke takes tasks with the same code for one and runs it once, unless told otherwise.
    assert done.stdout.index("acme/a") < done.stdout.index("acme/b")


def test_a_folder_that_is_none_is_told_when_it_is_used(call: Call) -> None:
    ended = call("none.config", tasks=Collection(tasks_for("none")))
    assert (ended.code, "none is not a folder" in ended.err) == (4, True)
