"""The verbs have types for those who call them: mypy reads this file as it reads a user's tasks.py.

Every comment that silences mypy here is a test: mypy says so where it silences nothing.
"""

from __future__ import annotations

import ast
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_type

import pytest
from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import call, task

import dext_tasks
from dext_tasks import errors, tasks
from dext_tasks import namespace as ns
from dext_tasks.tasks import build, check, release, smoke
from dext_tasks.tasks.stub import stub
from dext_tasks.tasks.task import Verb

if TYPE_CHECKING:
    from collections.abc import Callable

STUB = Path(dext_tasks.__file__).parent / "tasks" / "__init__.pyi"


@task(pre=[ns["check"], call(ns["build"], platform=["linux/amd64"])], post=[call(check, strict=True)])
def mine(c: Context) -> None:
    """Do everything in every way."""
    assert_type(ns["check"](c), None)
    ns["check"](c, strict=True, ignore={"label-missing": "not yet"}, path=Path())
    check(c, "acme/demo:1.0.0", deep=False)
    build(c, platform="linux/amd64", build_arg=["MSG=one, two"], build_timeout=60, dry_run=True)
    ns["release"](c, bump="minor", yes=True)
    ns["release.status"](c, version="1.2.0")
    ns["ci.matrix"](c, prefix="ext-")
    smoke(c, smoke_requests=[{"path": "/hello", "status": 200}], ui="never")
    assert_type(ns["a-task-of-mine"], Any)


def mistakes() -> list[Callable[[Context], object]]:
    """What a type checker must refuse; each is refused when it runs, too."""
    return [
        lambda c: ns["check"](c, stict=True),  # type: ignore[call-arg]
        lambda c: ns["build"](c, platform=5),  # type: ignore[arg-type]
        lambda c: build(c, build_arg={"A": 1}),  # type: ignore[dict-item]
        lambda c: release(c, "minor", "1.0.0", True, more=1),  # type: ignore[call-arg]  # noqa: FBT003 - as users may
        lambda c: ns["new"](c, nme="x"),  # type: ignore[call-arg]
    ]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with an extension's settings."""
    (tmp_path / "invoke.yaml").touch()
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("mistake", mistakes())
def test_what_a_type_checker_refuses_is_refused(mistake: Callable[[Context], object]) -> None:
    with pytest.raises(Exit) as ended:
        mistake(Context())
    assert ended.value.code == errors.UsageError.exit_code


def test_every_verb_is_exported_with_all_that_it_takes() -> None:
    tree = ast.parse(STUB.read_text(encoding="utf-8"))
    told = {
        each.name: [argument.arg for argument in each.body[0].args.args[1:]]
        for each in tree.body
        if isinstance(each, ast.ClassDef) and isinstance(each.body[0], ast.FunctionDef) and each.name != "_Namespace"
    }
    verbs = {name: each for name, each in vars(tasks).items() if isinstance(each, Verb)}
    assert told == {
        f"_{name.title().replace('_', '')}": list(signature(each.body).parameters) for name, each in verbs.items()
    }
    assert set(tasks.__all__) == {*verbs, "namespace"}
    assert {ns[name].name for name in ns.task_names} == {each.name for each in verbs.values()}


def test_the_stub_is_the_generated_one() -> None:
    assert STUB.read_text(encoding="utf-8") == stub(
        tasks.namespace, {name: vars(tasks)[name] for name in tasks.__all__}
    )
