from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from invoke.collection import Collection

from dext_tasks.cli import DextProgram
from dext_tasks.tasks import namespace

if TYPE_CHECKING:
    from invoke.tasks import Task


@dataclass(frozen=True)
class Ended:
    """How a call of the program ended.

    Attributes:
        code: Exit code.
        out: Standard output.
        err: Standard error.
    """

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:  # noqa: ANN401 - whatever was printed
        """Standard output as the one JSON document it should be."""
        return json.loads(self.out)


Call = Callable[..., Ended]


@pytest.fixture(autouse=True)
def _asks_nothing_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    """No verb asks an engine while it reads its own arguments: nobody would see the answer of a thread."""
    for name in ("prefetch", "prefetch_tagged"):
        monkeypatch.setattr(f"dext_tasks.engine.engine.Engine.{name}", lambda *_: None)


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Calls the program with arguments; with a task, a program of this task alone, or one with these tasks."""

    def made(*argv: str, task: Task[Any] | None = None, tasks: Collection | None = None) -> Ended:
        called = tasks or (namespace if task is None else Collection("dext", task))
        program = DextProgram(name="dext", binary="dext", binary_names=["dext"], namespace=called, version="0")
        code = 0
        try:
            program.run(["dext", *argv])
        except SystemExit as ended:
            code = int(ended.code or 0)
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return made
