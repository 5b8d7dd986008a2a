"""A step of a release is one module and one line in the list."""

from __future__ import annotations

import json
import pkgutil
import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest

from dext_tasks.console.tables import plan_data, plan_table
from dext_tasks.errors import PreflightError
from dext_tasks.release import apply, plan, preflight, steps
from dext_tasks.release.run import carry_out
from dext_tasks.release.steps import STEPS
from dext_tasks.release.steps.step import ReleaseStep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.release.observe import World
    from dext_tasks.release.state import Intent, Outlook
    from dext_tasks.release.steps.step import ReleaseRun, Step
    from tests.unit.release.conftest import Machine

ROOT = Path(__file__).parents[3]
STAMP = "stamp"


class Stamp(ReleaseStep):
    """A step that nothing but the list knows: it leaves a file in the project's state."""

    title: ClassVar[str] = "stamp"
    is_allowed: ClassVar[bool] = True

    def plan(self, outlook: Outlook) -> Iterator[Step]:
        yield self.unless("", str(outlook.intent.version), "leave a stamp")

    def notes(self, _: Outlook) -> Iterator[str]:
        yield "stamps cannot be seen"

    def needs(self, world: World, _: Intent) -> Iterator[Callable[[], None]]:
        def require_ink() -> None:
            if (world.project.root / "no-ink").exists():
                raise PreflightError("there is no ink", remedy="buy some")

        yield require_ink

    def run(self, run: ReleaseRun, step: Step) -> str | None:
        (run.world.project.state / STAMP).write_text(step.subject, encoding="utf-8")
        return None if self.is_allowed else "nobody may stamp"


@pytest.fixture
def stamped(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A world in which releases end with that step."""
    for module in (plan, preflight, apply):
        monkeypatch.setattr(module, "STEPS", (*STEPS, Stamp()))
    return machine


def test_every_step_of_a_module_is_in_the_list_once() -> None:
    modules = [import_module(f"{steps.__name__}.{each.name}") for each in pkgutil.iter_modules(steps.__path__)]
    declared = [
        each
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, ReleaseStep)
        and each.__module__ == module.__name__
        and each is not ReleaseStep
    ]
    assert sorted(each.__name__ for each in declared) == sorted(type(each).__name__ for each in STEPS)
    assert len({each.title for each in STEPS}) == len(STEPS)


def test_the_page_on_releases_says_what_each_does_in_order() -> None:
    rows = re.findall(r"^\| ([a-z ]+) \|", (ROOT / "docs" / "release.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert rows[: len(STEPS) + 2] == ["step", "preflight", *(each.title for each in STEPS)]


def test_a_new_one_is_planned_shown_and_run(stamped: Machine) -> None:
    world, planned = stamped.look()
    assert planned.plan.todo[-1].title == "stamp"
    assert planned.plan.notes == ("stamps cannot be seen",)
    row = ("stamp", "0.1.0", "todo", "leave a stamp")
    assert plan_table(planned.plan, "").rows[-1] == row
    data = json.loads(json.dumps(plan_data(planned.plan)))["steps"][-1]
    assert data == dict(zip(("step", "subject", "status", "reason"), row, strict=True))
    silent = stamped.silent()
    with pytest.raises(Exception, match=r"is not done: stamp 0\.1\.0"):
        # It says of itself that it is never done.
        carry_out(world, planned, silent)
    assert silent.steps[-1] == "stamp 0.1.0"
    assert (stamped.project.state / STAMP).read_text(encoding="utf-8") == "0.1.0"


def test_what_it_needs_is_asked_before_anything_is_done(stamped: Machine) -> None:
    (stamped.project.root / "no-ink").touch()
    stamped.commit_files()
    with pytest.raises(PreflightError, match="there is no ink"):
        stamped.release()
    assert stamped.events == []


def test_what_it_leaves_undone_is_told(stamped: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stamp, "is_allowed", False)
    world, planned = stamped.look()
    silent = stamped.silent()
    with pytest.raises(Exception, match="is not done: stamp"):
        carry_out(world, planned, silent)
    assert silent.said[-1] == "stamp was refused"
