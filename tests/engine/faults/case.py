"""What is done to a release, and what came of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ..program import Done
from .stage import BOUND, NEW, staged

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .stage import Stage, Template


class Case(Protocol):
    """Something that is done to a release, and what is seen of it."""

    @property
    def family(self) -> str:
        """What is disturbed, such as the registry."""

    @property
    def kind(self) -> str:
        """How."""

    @property
    def moment(self) -> str:
        """When."""

    def perform(self, template: Template) -> Outcome:
        """Do it, run the release once more, and judge both."""


class Disturb(Protocol):
    """Runs a release and disturbs it; afterwards nothing is in the way any more.

    Gives the end of the run, and whether it was disturbed; it may have ended too early for that.
    """

    def __call__(self, stage: Stage) -> tuple[Done, bool]: ...


@dataclass(frozen=True)
class Outcome:
    """What came of a case.

    Attributes:
        family: Of the case.
        kind: Of the case.
        moment: Of the case.
        happened: Whether the run was still there to be disturbed.
        first: Exit code of the disturbed run, negative for a signal.
        again: Of the run after it.
        converged: Whether everything was as intended then.
        violations: What must never be and was.
        looks: How often was looked from outside.
        said: The error that the disturbed run ended with; empty if it did not.
        seconds: Of the whole.
    """

    family: str
    kind: str
    moment: str
    happened: bool
    first: int
    again: int
    converged: bool
    violations: tuple[str, ...]
    looks: int
    said: str
    seconds: float

    @property
    def is_fine(self) -> bool:
        return self.converged and not self.violations


@dataclass(frozen=True)
class Disturbed:
    """One release that is disturbed at one moment.

    Attributes:
        family: What is disturbed, such as the registry.
        kind: How.
        moment: When.
        disturb: Does it.
    """

    family: str
    kind: str
    moment: str
    disturb: Disturb

    def perform(self, template: Template) -> Outcome:
        """See Case."""
        began = time.monotonic()
        with staged(template) as stage:
            first, happened = self._first(stage)
            stage.gate.calm()
            stage.judge(first)
            published = stage.outsider.look().tags.get(NEW)
            again = stage.released()
            stage.judge(again)
            if published and "-> build" in again.err:
                stage.say(f"R3: what was published as {published} was built again")
            left = stage.open_ends()
            if again.code or left:
                stage.say(f"does not converge: exit code {again.code}; {'; '.join(left)}; {error_of(again)}")
            return Outcome(
                *(self.family, self.kind, self.moment, happened, first.code, again.code),
                converged=not (again.code or left),
                violations=(*stage.outsider.violations, *stage.violations),
                looks=stage.outsider.looks,
                said=error_of(first),
                seconds=time.monotonic() - began,
            )

    def _first(self, stage: Stage) -> tuple[Done, bool]:
        try:
            return self.disturb(stage)
        except AssertionError as error:
            # It did not end.
            stage.say(str(error))
            return Done(-1, "", ""), True


def attempted(case: Case, template: Template) -> Outcome:
    """What came of a case; of one that could not be tried to its end, that, so that the others are not lost with it."""
    began = time.monotonic()
    try:
        return case.perform(template)
    except Exception as error:  # noqa: BLE001 - of the engine, the registry or the machine, whatever it is
        why = f"the case could not be tried: {type(error).__name__}: {error}"
        return Outcome(
            *(case.family, case.kind, case.moment),
            happened=False,
            first=-1,
            again=-1,
            converged=False,
            violations=(why,),
            looks=0,
            said="",
            seconds=time.monotonic() - began,
        )


def spread(cases: Iterable[Case]) -> list[Case]:
    """In an order of which any beginning has the same part of every kind, spread evenly over its moments."""
    kinds: dict[tuple[str, str], list[Case]] = {}
    for each in cases:
        kinds.setdefault((each.family, each.kind), []).append(each)
    placed: list[tuple[float, Case]] = []
    for place, group in enumerate(kinds.values()):
        # Each kind begins elsewhere, or a short beginning would try all kinds at the same few moments.
        shift = place * len(group) // len(kinds)
        halved = [group[(number + shift) % len(group)] for number in sorted(range(len(group)), key=_halving)]
        placed += [((rank + 0.5) / len(group), each) for rank, each in enumerate(halved)]
    return [each for _, each in sorted(placed, key=lambda found: found[0])]


def _halving(number: int) -> float:
    """Numbers from 0 on, sorted by this, halve what the ones before have left: its binary digits behind the point."""
    return float(int(f"{number:b}"[::-1], 2) / (1 << number.bit_length()))


def error_of(done: Done) -> str:
    """What a run says of why it failed; empty if it did not."""
    return " ".join(line.strip() for line in done.err.splitlines() if line.startswith(("error:", "  next:")))


@dataclass(frozen=True)
class Course:
    """What a release does that nobody disturbs.

    Attributes:
        requests: Method and path of each, in order.
        lines: What it says when a step begins or has ended, with ``{image}`` for the image.
        pushes: How often it pushes to the git remote.
        seconds: How long it took.
    """

    requests: tuple[str, ...]
    lines: tuple[str, ...]
    pushes: int
    seconds: float


def undisturbed(template: Template) -> Course:
    """The course of a release, to choose moments from."""
    with staged(template) as stage:
        count_pushes(stage)
        began = time.monotonic()
        done = stage.released()
        seconds = time.monotonic() - began
        assert done.code == 0, done
        assert not stage.outsider.violations, stage.outsider.violations
        lines = [line.partition(" (")[0] for line in done.err.splitlines() if line.startswith(("-> ", "ok "))]
        named = dict.fromkeys(line.replace(stage.image, "{image}") for line in lines)
        return Course(tuple(stage.gate.requests), tuple(named), pushes(stage), seconds)


def count_pushes(stage: Stage, *, refused: int = 0, lost: int = 0) -> None:
    """Let the git remote count what is pushed, and refuse one push, or answer nothing to it.

    Args:
        stage: Whose remote.
        refused: Number of the push that is refused, from 1; 0 for none.
        lost: Number of the push that has its effect, and whose answer is lost.
    """
    hooks = stage.bare / "hooks"
    hooks.mkdir(exist_ok=True)
    counter = stage.folder / "pushes"
    counter.write_text("0", encoding="utf-8")
    _script(
        hooks / "pre-receive",
        f'n=$(($(cat "{counter}") + 1)); echo $n >"{counter}"\n'
        f'[ $n != {refused} ] || {{ echo "this tag is protected" >&2; exit 1; }}\n',
    )
    # Its parent is the process that answers the client.
    _script(hooks / "post-receive", f'[ "$(cat "{counter}")" != {lost} ] || kill -9 $PPID\n')


def pushes(stage: Stage) -> int:
    return int((stage.folder / "pushes").read_text(encoding="utf-8"))


def forget_hooks(stage: Stage) -> None:
    for name in ("pre-receive", "post-receive"):
        (stage.bare / "hooks" / name).unlink(missing_ok=True)


def ended(stage: Stage) -> Done:
    """The end of a whole run that something else disturbs."""
    with stage.release() as running:
        return running.end(BOUND)


def _script(file: Path, text: str) -> None:
    file.write_text(f"#!/bin/sh\n{text}", encoding="utf-8")
    file.chmod(0o755)
