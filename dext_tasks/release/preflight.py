"""What the later steps of a release need, asked before the build: what is missing then costs seconds, not a version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.errors import (
    FileAccessError,
    GrantMissingError,
    JournalError,
    LoginMissingError,
    PreflightError,
    RegistryResponseError,
)
from dext_tasks.project_files import require_room
from dext_tasks.release.steps import STEPS
from dext_tasks.runtime.parallel import for_each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.errors import DextError
    from dext_tasks.release.observe import World
    from dext_tasks.release.plan import Plan
    from dext_tasks.release.state import Intent


def require_ready(plan: Plan, world: World, intent: Intent) -> None:
    """Require everything that the open steps of a plan need and that can be asked without leaving a trace.

    Git, its remote, the registry and the engine are asked at once, and everything that is missing is named at once.

    Raises:
        PreflightError: Something is missing.
        GrantMissingError: Nothing but grants is, by what the source tree shows of the backend.
        RegistryUnreachableError: The registry could not be asked.
        GitError: The git remote could not be asked.
    """
    questions = dict(enumerate(_questions(plan, world, intent)))
    answers = for_each(questions, lambda number: _missing(questions[number]), world.cancellation)
    missing = [found for found in answers.values() if found]
    if len(missing) == 1:
        raise missing[0]
    if missing:
        raise PreflightError(
            f"{len(missing)} things that the release needs later are missing",
            remedy="see to each of the above, then run the same command again",
            detail="\n".join(map(_in_full, missing)),
        )


def _questions(plan: Plan, world: World, intent: Intent) -> Iterator[Callable[[], None]]:
    todo = [step for step in STEPS if plan.has_todo(step.title)]
    if todo:
        yield lambda: require_room(world.journals.folder)
        yield lambda: world.journals.require_replaceable(str(intent.version))
    for step in todo:
        yield from step.needs(world, intent)
    if any(step.writes_to_registry for step in todo):
        yield world.repository.require_push


def _in_full(error: DextError) -> str:
    return "\n".join([error.message, *(f"  {line}" for line in (*error.detail.splitlines(), error.remedy))])


def _missing(question: Callable[[], None]) -> PreflightError | GrantMissingError | None:
    try:
        question()
    except (PreflightError, GrantMissingError) as error:
        return error
    except (FileAccessError, JournalError, LoginMissingError, RegistryResponseError) as error:
        return PreflightError(error.message, remedy=error.remedy, detail=error.detail)
    return None
