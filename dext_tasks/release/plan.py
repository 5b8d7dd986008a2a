"""From intent and state to a list of steps. Pure: the same input gives the same plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dext_tasks.errors import (
    DextError,
    DirtyTreeError,
    VersionInvalidError,
    VersionNotGreaterError,
    VersionOutsideLineError,
)
from dext_tasks.extension.tags import described, is_ignored, setting_for, strays, uncounted
from dext_tasks.extension.version import require_greater
from dext_tasks.git import dirty
from dext_tasks.release.state import Outlook
from dext_tasks.release.steps import PREPARING, STEPS
from dext_tasks.release.steps.step import StepStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.release.state import Intent, State
    from dext_tasks.release.steps.step import Step


@dataclass(frozen=True)
class Plan:
    """All steps in order, and what prevents them from running.

    Attributes:
        steps: In the order they run; neighbours of one title may run at once.
        obstacles: Why the release must not go on; empty if it may.
        notes: What people should know of it and that stops nothing.
    """

    steps: tuple[Step, ...]
    obstacles: tuple[DextError, ...]
    notes: tuple[str, ...] = ()

    @property
    def todo(self) -> tuple[Step, ...]:
        """The steps that have to run."""
        return tuple(step for step in self.steps if step.status is StepStatus.TODO)

    @property
    def ended(self) -> Plan:
        """The same, once all that had to run has run."""
        done = StepStatus.DONE
        return replace(
            self, steps=tuple(replace(step, status=done) if step in self.todo else step for step in self.steps)
        )

    def has_todo(self, title: str) -> bool:
        """Whether a step of this title has to run."""
        return any(step.title == title for step in self.todo)

    def require_clear(self) -> None:
        """Require that nothing prevents the release.

        Raises:
            DextError: The first obstacle.
        """
        if self.obstacles:
            raise self.obstacles[0]


def make(intent: Intent, state: State, tag_prefix: str, *, has_tried: bool = False) -> Plan:
    """What has to be done so that the intent is true.

    Args:
        intent: What is to be true.
        state: What is true.
        tag_prefix: Of the versions in git.
        has_tried: See Outlook.
    """
    outlook = Outlook(intent, state, has_tried)
    planned = PREPARING if intent.is_part else STEPS
    return Plan(
        steps=tuple(step for each in planned for step in each.plan(outlook)),
        obstacles=(
            *_uncommitted(outlook),
            *(obstacle for each in STEPS for obstacle in each.obstacles(outlook)),
            *_not_next(outlook, tag_prefix),
        ),
        notes=(*(note for each in STEPS for note in each.notes(outlook)), *_strays(outlook, tag_prefix)),
    )


def _uncommitted(outlook: Outlook) -> Iterator[DextError]:
    changes = outlook.state.git.changes
    if not outlook.intent.commit:
        yield DirtyTreeError(
            "there is no git commit to release", remedy="commit the project: git init; git add .; git commit"
        )
    elif changes:
        yield dirty(changes, "commit or remove them; a release is made from a commit")


def _not_next(outlook: Outlook, tag_prefix: str) -> Iterator[DextError]:
    """Why the version does not come after those that are there."""
    intent, state = outlook.intent, outlook.state
    if state.published:
        return
    # The version's own git tag may be what started this release.
    others = intent.versions(state.named(tag_prefix)) - {intent.version}
    try:
        _require_counted(intent)
        if intent.line:
            intent.line.require(intent.version)
        require_greater(intent.version, others, intent.line)
    except (VersionInvalidError, VersionOutsideLineError, VersionNotGreaterError) as error:
        yield error


def _require_counted(intent: Intent) -> None:
    if is_ignored(str(intent.version), intent.ignored):
        raise VersionInvalidError(
            f"version {intent.version} is one that release.ignore-tags ignores",
            remedy="release another version, or change release.ignore-tags",
        )


def _strays(outlook: Outlook, tag_prefix: str) -> Iterator[str]:
    ignored, others = outlook.intent.ignored, outlook.state.named(tag_prefix) - {str(outlook.intent.version)}
    if found := strays(others, ignored):
        yield f"{described(found)}; {setting_for(found, ignored)} leaves them out"
    if left_out := uncounted(others, ignored):
        yield left_out
