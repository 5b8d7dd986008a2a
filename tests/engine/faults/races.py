"""Two machines that release one version at once, in an order that is chosen."""

from __future__ import annotations

import random
import shutil
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from ..program import Program
from ..relay import relay
from .case import Outcome, error_of
from .disturbances import AtRequest, moment_of
from .gate import Gate, nothing
from .stage import BOUND, NEW, made, staged, write_commit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..docker import Docker
    from ..program import Done, Running
    from .case import Case, Course
    from .stage import Stage, Template

# What a release of one version that another release has taken ends with: AlreadyPublishedError, ReleaseRacedError.
_RACED = 45
_LOST = (43, _RACED)
# How long the other machine is waited for while this one's request is held: it may be waiting itself.
_HELD = 30.0
_LONGEST_DELAY = 0.4
# Two people make two different tags of one commit.
_SOMEBODY_ELSE = {"GIT_COMMITTER_NAME": "Other", "GIT_COMMITTER_EMAIL": "other@example.invalid"}
_GLANCE = 0.05


class What(StrEnum):
    """What happens to the first release while the second one runs, or before it."""

    REQUEST_HELD = "a request held until the other one has ended"
    ANSWER_HELD = "an answer held until the other one has ended"
    SLOW = "all requests slow at random"
    KILLED = "killed, then the other one"


@dataclass(frozen=True)
class OtherMachine:
    """A machine with an engine and a network of its own, so that it shares no names, ports or leases.

    Attributes:
        docker: Its engine.
    """

    docker: Docker

    @property
    def process(self) -> int:
        """One that is in its network."""
        return int(Path(self.docker.host.removeprefix("unix://")).with_name("dockerd.pid").read_text(encoding="utf-8"))

    @contextmanager
    def clone(self, stage: Stage) -> Iterator[Stage]:
        """A clone of the same repository over there, which reaches the same registry through a gate of its own."""
        folder = made(stage.folder / "other")
        shutil.copytree(stage.clone, folder / "clone", symlinks=True)
        with Gate(stage.gate.target).open() as gate, relay(self.process, stage.gate.port, gate.port):
            gate.watch = stage.outsider.witness
            env = {
                **stage.dext.env,
                **self.docker.env,
                **_SOMEBODY_ELSE,
                "TMPDIR": str(made(folder / "t")),
                "HOME": str(folder),
            }
            dext = Program(folder / "clone", env, before=("nsenter", f"--net=/proc/{self.process}/ns/net"))
            other = replace(stage, folder=folder, gate=gate, dext=dext, violations=[])
            other.git("remote", "set-url", "origin", str(stage.bare))
            yield other


@dataclass(frozen=True)
class Race:
    """Two releases of one version, on two machines.

    Attributes:
        kind: In words.
        moment: In words.
        machine: The second one.
        other_commit: Whether it releases another commit.
        at: Number of the first one's request at which something happens; -1 if each request of both takes some time.
        what: Happens there.
    """

    kind: str
    moment: str
    machine: OtherMachine
    other_commit: bool
    at: int
    what: What
    family: str = "two machines"

    def perform(self, template: Template) -> Outcome:
        """Run both releases, and each once more, and judge them."""
        began = time.monotonic()
        with staged(template) as stage, self.machine.clone(stage) as other:
            if self.other_commit:
                write_commit(other.clone, Program(other.clone, other.dext.env, "git"), "three", push=False)
            first, second, met = self._both(stage, other)
            for each in (stage, other):
                each.gate.calm()
            both = (stage, other)
            ends = [(stage, first), (other, second)]
            # Another machine does not continue what a killed one has claimed before the claim is old.
            if not (self.what is What.KILLED and second.code == _RACED and not stage.published_from()):
                self._judge(ends)
            converged = self._judge([(each, each.released(NEW)) for each in both])
            return Outcome(
                *(self.family, self.kind, self.moment, met, first.code, second.code, converged),
                violations=(*stage.outsider.violations, *stage.violations, *other.violations),
                looks=stage.outsider.looks,
                said=" / ".join(error_of(each) for each in (first, second)),
                seconds=time.monotonic() - began,
            )

    def _both(self, stage: Stage, other: Stage) -> tuple[Done, Done, bool]:
        """Both releases, and whether the one met the other."""
        if self.what is What.KILLED:
            first, met = AtRequest(signal.SIGKILL, self.at, arrives=False)(stage)
            return first, other.released(NEW), met
        reached, over = Event(), Event()
        if self.what is What.SLOW:
            chance = random.Random(self.at)  # noqa: S311 - any times will do
            stage.gate.strike = lambda _: _delay(stage.gate, chance.uniform(0, _LONGEST_DELAY))
            other.gate.strike = lambda _: _delay(other.gate, chance.uniform(0, _LONGEST_DELAY))
            reached.set()
        else:
            stage.gate.strike = lambda number: self._strike(number, reached, over)
        with stage.release(NEW) as first_run:
            met = _wait(reached, first_run)
            second = other.released(NEW)
            over.set()
            return first_run.end(BOUND), second, met

    def _strike(self, number: int, reached: Event, over: Event) -> Callable[[], None]:
        def hold() -> None:
            reached.set()
            over.wait(_HELD)

        if number != self.at:
            return nothing
        if self.what is What.ANSWER_HELD:
            return hold
        hold()
        return nothing

    @staticmethod
    def _judge(ends: Sequence[tuple[Stage, Done]]) -> bool:
        """Who published it ends well, unless it was killed, and whoever did not is told so.

        Two machines may make different images of one commit; then one of them has lost, too.
        """
        commit = ends[0][0].published_from()
        whose = [each for each, _ in ends if each.git("rev-parse", "HEAD") == commit]
        for each, done in ends:
            if done.code == 0 and each not in whose:
                each.say(f"R6: ended with 0 although {NEW} is another commit's")
            elif done.code == 0:
                each.judge(done)
            elif done.code > 0 and done.code not in _LOST:
                each.say(f"R6: ended with {done.code}: {error_of(done)}")
        well = any(done.code == 0 for each, done in ends if each in whose)
        if not well:
            ends[0][0].say(f"R6: nobody ended well: {'; '.join(error_of(done) for _, done in ends)}")
        return well and not whose[0].open_ends()


def every_race(course: Course, machine: OtherMachine, random_ones: int = 20) -> Iterator[Case]:
    """Every race; moments are those of a release that is alone."""
    for other_commit in (False, True):
        whose = "another commit" if other_commit else "the same commit"
        for at, line in enumerate(course.requests):
            for what in (What.REQUEST_HELD, What.ANSWER_HELD):
                # What changes something, and the last looks before that.
                if line.startswith(("PUT ", "HEAD ")):
                    yield Race(f"{whose}, {what}", moment_of(at, line), machine, other_commit, at, what)
        for seed in range(random_ones):
            yield Race(f"{whose}, {What.SLOW}", f"seed {seed}", machine, other_commit, seed, What.SLOW)
    for at, line in list(enumerate(course.requests))[::3]:
        yield Race(f"the same commit, {What.KILLED}", moment_of(at, line), machine, False, at, What.KILLED)  # noqa: FBT003 - see the class


def _delay(gate: Gate, seconds: float) -> Callable[[], None]:
    gate.hold(seconds)
    return nothing


def _wait(reached: Event, running: Running) -> bool:
    """Wait for an event of a run; False if that ended before."""
    while not reached.wait(_GLANCE):
        if running.has_ended:
            return False
    return True
